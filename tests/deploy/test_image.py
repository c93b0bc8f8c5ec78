"""The container image: what goes in, who it runs as, and its health check."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.container.health import is_ready

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
LINES = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and line[0] not in "# "]


def arguments(instruction: str) -> list[str]:
    return [line[1] for line in LINES if line[0] == instruction]


def test_the_image_has_a_stage_for_building_and_one_for_running() -> None:
    stages = arguments("FROM")
    assert len(stages) == 2
    assert all(re.search(r":3\.\d+-slim-\w+", stage) for stage in stages)


def test_it_runs_as_an_ordinary_account_given_by_number() -> None:
    users = arguments("USER")
    assert users == ["10001:10001"]
    after = [line[0] for line in LINES[[line[0] for line in LINES].index("USER") :]]
    assert "COPY" not in after
    assert "RUN" not in after


def test_only_named_parts_are_copied_and_they_exist() -> None:
    copied = [
        source
        for line in arguments("COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    ]
    assert "." not in copied
    assert not any(word in source for source in copied for word in ("secret", ".env", "var"))
    assert [source for source in copied if not (ROOT / source).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert [source for source in copied if f"!{source.strip('./')}" not in ignored] == []


def test_nothing_secret_is_baked_in() -> None:
    assert arguments("ADD") == []
    assert arguments("ARG") == []
    for line in arguments("ENV"):
        assert not re.search(r"(?i)(secret|password|token|_key|_url)\w*=", line)


def test_packages_come_from_the_pinned_list_without_the_embedded_servers() -> None:
    (line,) = [line for line in arguments("RUN") if "pip" in line and "-r" in line]
    assert "--only-binary=:all:" in line
    left_out = re.findall(r"\^\(([\w|-]+)\)==", line)[0].split("|")
    listed = (ROOT / "requirements.txt").read_text()
    assert all(f"\n{name}==" in listed for name in left_out)


class Portal(BaseHTTPRequestHandler):
    """Answers with the status that its path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


@pytest.fixture
def portal() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Portal)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_container_is_well_only_when_it_is_ready(portal: str) -> None:
    """R199: 503 means that the database or a migration is missing."""
    assert is_ready(f"{portal}/200")
    assert not is_ready(f"{portal}/503")
    assert not is_ready("http://127.0.0.1:1/")
