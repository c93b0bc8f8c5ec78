"""The jobs of the bench as paths of the portal: the same list for both faces.

Only what has a route is named, so the bench grows with the portal.
"""

from typing import Any

from django.urls import Resolver404, resolve

from apps.clients.models import Client
from apps.invoices.models import Invoice
from apps.messaging.models import Conversation
from portal.benching.data import EMAIL, PASSWORD
from portal.benching.filling import WRITTEN
from portal.benching.rows import row_id

Job = str | dict[str, Any]
MOST_ROWS = 20


def faces() -> dict[str, dict[str, Any]]:
    """Return for each face its sign-in (`login`) and the jobs that have a route (`paths`).

    `upload` and `download` are there where files can be sent and fetched.
    """
    return {name: found for name, face in _faces().items() if (found := _routed(face))}


def _faces() -> dict[str, dict[str, Any]]:
    person = {"email": EMAIL, "password": PASSWORD}
    return {
        "v1": {
            "login": {"path": "/api/v1/auth/login", "body": person, "token": "data.access_token"},
            "paths": _versioned("/api/v1"),
            "upload": {"path": "/api/v1/files", "id": "data.id"},
            "download": "/api/v1/files/{id}/content",
        },
        "node": {
            "login": {"path": "/api/auth/login", "body": person, "token": "accessToken"},
            "paths": _node("/api"),
        },
    }


def _versioned(root: str) -> dict[str, Job]:
    conversation, client = row_id(Conversation, 1), row_id(Client, 3)
    return {
        "health": "/health/live",
        "projects": f"{root}/projects?limit={MOST_ROWS}&include_total=true",
        "projects_plain": f"{root}/projects?limit={MOST_ROWS}",
        "clients": f"{root}/clients?limit={MOST_ROWS}",
        "invoices": f"{root}/invoices?limit={MOST_ROWS}",
        "files": f"{root}/files?limit={MOST_ROWS}",
        "notifications": f"{root}/notifications?limit={MOST_ROWS}",
        "messages": f"{root}/conversations/{conversation}/messages?limit={MOST_ROWS}",
        "invoice": f"{root}/invoices/{row_id(Invoice, 6)}",
        "write": {
            "path": f"{root}/projects",
            "body": {"name": WRITTEN, "client_id": str(client)},
        },
    }


def _node(root: str) -> dict[str, Job]:
    names = ("projects", "clients", "invoices", "files", "notifications")
    conversation, client = row_id(Conversation, 1), row_id(Client, 3)
    return {
        "health": f"{root}/health",
        **{name: f"{root}/{name}" for name in names},
        "messages": f"{root}/messages/conversations/{conversation}",
        "invoice": f"{root}/invoices/{row_id(Invoice, 6)}",
        "write": {
            "path": f"{root}/projects",
            "body": {"name": WRITTEN, "client_id": str(client)},
        },
    }


def _routed(face: dict[str, Any]) -> dict[str, Any]:
    if not is_routed(face["login"]):
        return {}
    if "upload" in face and not is_routed(face["upload"]):
        face = {name: part for name, part in face.items() if name not in {"upload", "download"}}
    return face | {"paths": {name: job for name, job in face["paths"].items() if is_routed(job)}}


def is_routed(job: Job) -> bool:
    """Return whether the path of a job leads to a view other than the one for unknown paths."""
    path = job if isinstance(job, str) else str(job["path"])
    try:
        found = resolve(path.partition("?")[0])
    except Resolver404:
        return False
    return "<path:" not in found.route
