"""docker-compose.yml against the code: services, order, settings, ports, secrets (L54, L55)."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from apps.core.middleware import API
from deploy import make_secrets
from launcher.run import QUEUES
from portal.asgi import MOUNTS
from portal.environment import VARIABLES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PORTAL = {"web", "live", "worker", "beat", "migrate"}
SERVERS = {"postgres", "redis", "rabbitmq", "minio", "mosquitto", "proxy"}
KNOWN = {variable.name: variable for variable in VARIABLES}
SENDER_THREADS = 16  # of each worker process, `integration.md` section 12


def environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in SERVICES[service]["environment"].items()}


def secrets_of(service: str) -> set[str]:
    found = SERVICES[service].get("secrets", [])
    return {item if isinstance(item, str) else item["source"] for item in found}


def option(service: str, name: str) -> str:
    command = SERVICES[service]["command"]
    return str(command[command.index(name) + 1])


def test_every_process_and_every_server_of_production_is_there() -> None:
    assert set(SERVICES) == PORTAL | SERVERS


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"migrate"}))
def test_each_service_says_whether_it_is_well_and_comes_back_when_it_falls(service: str) -> None:
    check = SERVICES[service]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_nothing_serves_before_the_migration_and_nothing_migrates_before_the_database() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in PORTAL - {"migrate"}:
        order = SERVICES[name]["depends_on"]
        assert order["migrate"] == {"condition": "service_completed_successfully"}
        assert order["redis"] == order["rabbitmq"] == {"condition": "service_healthy"}
    assert set(SERVICES["proxy"]["depends_on"]) == {"web", "live"}


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"proxy", "worker"}


@pytest.mark.parametrize("service", sorted(PORTAL))
def test_each_setting_is_one_the_portal_knows(service: str) -> None:
    """R210: a name outside the list would be a setting without effect."""
    names = {name.removesuffix("_FILE") for name in environment(service)}
    assert names <= set(KNOWN)
    required = {name for name, variable in KNOWN.items() if variable.default is None}
    assert required <= names
    assert environment(service)["PORTICO_ENV"] == "production"


SECRET = ("SECRET", "CONNECTION_KEYS", "DATABASE_URL", "REDIS", "AMQP", "MQTT", "SMTP")


@pytest.mark.parametrize("service", sorted(PORTAL))
def test_secrets_come_from_files_that_the_service_is_given(service: str) -> None:
    """R209: no value of a secret stands in the file."""
    for name, value in environment(service).items():
        assert not name.startswith(SECRET) or name.endswith("_FILE")
        if name.endswith("_FILE"):
            assert Path(value).name in secrets_of(service)


def test_each_secret_is_declared_used_and_made() -> None:
    declared = set(COMPOSE["secrets"])
    used = {secret for service in SERVICES for secret in secrets_of(service)}
    files = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert declared == used == files


def test_the_secret_files_are_made_by_one_command(tmp_path: Path) -> None:
    make_secrets.main(tmp_path)
    assert set(COMPOSE["secrets"]) <= {path.name for path in tmp_path.iterdir()}


def test_no_password_stands_in_the_file() -> None:
    assert re.findall(r"(?i)password:\s*\S+", TEXT.replace("_password:", ":")) == []
    assert re.findall(r"://[^/\s$]+:[^/\s$]+@", TEXT) == []


def test_only_the_migration_has_the_role_that_owns_the_tables() -> None:
    holders = {name for name in PORTAL if "migration_database_url" in secrets_of(name)}
    assert holders == {"migrate"}
    assert environment("migrate")["DATABASE_URL_FILE"].endswith("/migration_database_url")
    assert SERVICES["migrate"]["command"][1:3] == ["manage.py", "migrate"]


@pytest.mark.parametrize("service", sorted(PORTAL))
def test_the_portal_runs_without_rights_on_its_machine(service: str) -> None:
    found = SERVICES[service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in found["security_opt"]
    assert "privileged" not in found
    assert not any("docker.sock" in volume for volume in found["volumes"])


@pytest.mark.parametrize("service", sorted(SERVERS))
def test_each_image_has_a_version(service: str) -> None:
    image = SERVICES[service]["image"]
    tag = image.partition(":")[2]
    assert re.search(r"\d", tag), image
    assert "latest" not in tag


def test_the_worker_takes_the_queues_that_the_code_fills() -> None:
    taken = option("worker", "-Q").split(",")
    assert taken == [f"portico.{name}" for name in settings.QUEUES]
    assert tuple(QUEUES) == tuple(settings.QUEUES)
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routed | {settings.CELERY_TASK_DEFAULT_QUEUE} <= set(taken)


def test_web_is_wsgi_and_live_is_asgi() -> None:
    assert option("web", "--interface") == "wsgi"
    assert SERVICES["web"]["command"][-1] == "portal.wsgi:application"
    assert "portal.asgi:application" in SERVICES["live"]["command"]


def test_there_is_one_beat() -> None:
    assert SERVICES["beat"]["command"][3] == "beat"
    assert "-B" not in SERVICES["worker"]["command"]
    assert "deploy" not in SERVICES["beat"]


def test_the_connections_of_all_threads_fit_into_the_database() -> None:
    """`performance.md`, point 13: threads and processes stay 10 below the database's limit."""
    web = int(option("web", "--workers")) * int(option("web", "--blocking-threads"))
    live = int(environment("live")["WEB_THREADS"])
    worker = (int(option("worker", "--concurrency")) + 1) * (SENDER_THREADS + 1)
    words = " ".join(SERVICES["postgres"]["command"])
    limit = int(re.findall(r"max_connections=(\d+)", words)[0])
    assert web + live + worker + 10 <= limit


def test_a_stop_is_granted_longer_than_the_processes_take() -> None:
    """R208: running requests have 30 s."""
    for name in PORTAL:
        assert SERVICES[name]["stop_grace_period"] == "40s"
    assert int(option("web", "--workers-kill-timeout")) == 30
    assert int(option("live", "--timeout-graceful-shutdown")) < 40


def test_the_proxy_sends_sockets_to_live_and_the_rest_to_web() -> None:
    text = (ROOT / "deploy" / "proxy" / "Caddyfile").read_text()
    sockets = re.findall(r"@sockets path (.+)", text)[0].split()
    assert {"/ws", "/socket.io/*"} | {path for _kind, path in MOUNTS} <= set(sockets)
    assert not any(path.startswith(API) for path in sockets)
    assert re.findall(r"dynamic a (\w+) (\d+)", text) == [("live", "8000"), ("web", "8000")]
    assert "max_size 2GiB" in text
    assert text.count("{") == text.count("}")


def test_r33_the_proxy_drops_headers_that_would_pass_for_its_own() -> None:
    """A server turns `X_Forwarded_For` into the same variable as `X-Forwarded-For`."""
    text = (ROOT / "deploy" / "proxy" / "Caddyfile").read_text()
    assert re.search(r"(?m)^\trequest_header -\*_\*$", text)
    assert "request_buffers 1MiB" in text


def test_the_proxy_adds_no_header_that_django_sets() -> None:
    text = (ROOT / "deploy" / "proxy" / "Caddyfile").read_text()
    lines = [line for line in text.splitlines() if not line.strip().startswith("#")]
    named = re.findall(r"(?mi)^\s*header\s+(\S+)", "\n".join(lines))
    assert named == ["-Server"]


def test_the_files_that_services_mount_exist() -> None:
    mounts = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    for mount in mounts:
        source = mount.partition(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
        else:
            assert source in COMPOSE["volumes"]
