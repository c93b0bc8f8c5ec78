"""The driver's configuration: the baseline and the portal's faces, each in a process of its own."""

import json
import secrets
import shlex
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.places import ROOT, SCRATCH
from bench.servers import Servers

BASELINE = "express"
BASELINE_CONNECTIONS = 16  # of its pool
MIXED = {
    "projects": 20, "clients": 8, "invoices": 16, "files": 8, "notifications": 16, "messages": 8,
    "invoice": 4, "write": 20,
}  # fmt: skip
EXPRESS_PATHS: dict[str, Any] = {
    "health": "/api/health",
    "projects": "/api/projects",
    "projects_plain": "/api/projects",
    "clients": "/api/clients",
    "invoices": "/api/invoices",
    "files": "/api/files",
    "notifications": "/api/notifications",
    "messages": "/api/projects/1/messages",
    "invoice": "/api/invoices/5",
    "write": {"path": "/api/projects", "body": {"name": "Bench project", "company_id": 3}},
}


@dataclass(frozen=True, slots=True)
class Portal:
    """How the portal's server is started."""

    threads: int = 40
    workers: int = 1


def portal_environment(servers: Servers, folder: Path) -> dict[str, str]:
    """Return the settings of the portal as in production, but over plain HTTP on one machine."""
    return {
        "PORTICO_ENV": "production",
        "SECURE_SSL_REDIRECT": "false",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CONNECTION_KEYS": "k1:" + "A" * 43 + "=",
        "DATABASE_URL": servers.portal,
        "MIGRATION_DATABASE_URL": "",
        "REDIS_URL": servers.redis,
        "AMQP_URL": "",
        "VAR": str(folder),
        "WEBHOOK_ALLOW": "",
        "LOG_REQUESTS": "false",
        "LOG_LEVEL": "WARNING",
        "ANONYMOUS_RATE": "100000000/m",
        "WEB_PIN": "true",
    }


def configuration(
    servers: Servers,
    faces: dict[str, dict[str, Any]],
    express: Path,
    env: dict[str, str],
    portal: Portal,
) -> dict[str, Any]:
    """Return the driver's configuration: the baseline, then each face.

    It names no goals: bench.goals judges, which also knows queries and aims.
    """
    targets = [_express(servers, express)]
    targets += [_portal(servers, f"portico-{name}", face, env, portal)
                for name, face in faces.items()]  # fmt: skip
    return {"baseline": BASELINE, "mixed": MIXED, "targets": targets, "goals": {}}


def write(config: dict[str, Any]) -> Path:
    """Write the configuration into the scratch folder and return its path."""
    path = SCRATCH / "targets.json"
    path.write_text(json.dumps(config, indent=1))
    return path


def _express(servers: Servers, folder: Path) -> dict[str, Any]:
    port = _free_port()
    return {
        "name": BASELINE,
        "base": f"http://127.0.0.1:{port}",
        "start": "node server.mjs",
        "clean": "node seed.mjs clean",
        "cwd": str(folder),
        "env": {
            "NODE_ENV": "production",
            "PORT": str(port),
            "DATABASE_URL": servers.baseline,
            "UPLOAD_DIR": str(SCRATCH / "express-uploads"),
        },
        "ready": "/api/health",
        "login": {
            "path": "/api/auth/login",
            "body": {"email": "staff@example.com", "password": "Bench-Pass-1"},
            "token": "accessToken",
        },
        "paths": EXPRESS_PATHS,
        "upload": {"path": "/api/projects/1/files", "id": "file.id"},
        "download": "/api/files/{id}/download",
    }


def _portal(
    servers: Servers, name: str, face: dict[str, Any], env: dict[str, str], portal: Portal
) -> dict[str, Any]:
    port = _free_port()
    serve = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--http", "1", "--no-ws", "--workers", str(portal.workers),
        "--blocking-threads", str(portal.threads), "--no-access-log", "--log-level", "warning",
        "portal.wsgi:application",
    ]  # fmt: skip
    # Only a superuser deletes thousands of projects without a look into every table.
    tidy = ["env", f"DATABASE_URL={servers.superuser}", sys.executable, "manage.py", "bench_seed"]
    return face | {
        "name": name,
        "base": f"http://127.0.0.1:{port}",
        "start": shlex.join(serve),
        "clean": shlex.join([*tidy, "--clean"]),
        "cwd": str(ROOT),
        "env": env | {"WEB_THREADS": str(portal.threads)},
        "ready": "/health/ready",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
