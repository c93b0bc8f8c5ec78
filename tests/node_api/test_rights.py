"""P40, C18: who may use the routes of the old face. A route or method without a row fails.

The rows are about objects of client A: alice is its contact, bob another client's, mallory the
owner of another studio. What a person cannot see is 404, what he may not do is 403.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.node_api import urls
from tests.conftest import Api
from tests.files.factories import PNG, part
from tests.node_api.old import NOWHERE, Studio, furnish, node

PEOPLE = ("anonymous", "owner", "alice", "bob", "mallory")
METHODS = ("get", "post", "put", "patch", "delete")
Row = tuple[int, int, int, int, int]
OWN: Row = (401, 200, 200, 200, 200)  # everybody's own list
TEAM_LIST: Row = (401, 200, 403, 403, 200)
READ: Row = (401, 200, 200, 404, 404)
WORK: Row = (401, 200, 403, 403, 404)
FORM: Row = (401, 400, 400, 400, 400)
TEAM_FORM: Row = (401, 400, 403, 403, 400)

MATRIX: dict[tuple[str, str], Row] = {
    # (method, route)               anonymous owner alice bob mallory
    ("get", "node-health"): (200, 200, 200, 200, 200),
    ("post", "node-login"): (400, 400, 400, 400, 400),
    ("post", "node-register"): (400, 400, 400, 400, 400),
    ("post", "node-refresh"): (401, 401, 401, 401, 401),
    ("get", "node-me"): OWN,
    ("get", "node-verify"): (401, 200, 401, 401, 200),
    ("post", "node-logout"): OWN,
    ("get", "node-projects"): OWN,
    ("post", "node-projects"): TEAM_FORM,
    ("get", "node-project"): READ,
    ("put", "node-project"): WORK,
    ("delete", "node-project"): WORK,
    ("get", "node-project-details"): READ,
    ("get", "node-project-phases"): READ,
    ("get", "node-project-phase"): READ,
    ("put", "node-phase-set"): WORK,
    ("post", "node-phase-advance"): WORK,
    ("get", "node-clients"): TEAM_LIST,
    ("post", "node-clients"): TEAM_FORM,
    ("get", "node-client"): READ,
    ("put", "node-client"): WORK,
    ("delete", "node-client"): WORK,
    ("get", "node-client-projects"): WORK,
    ("post", "node-client-reactivate"): (401, 409, 403, 403, 404),
    ("get", "node-files"): OWN,
    ("post", "node-upload"): (401, 201, 201, 201, 201),
    ("get", "node-file"): READ,
    ("put", "node-file"): (401, 200, 403, 404, 404),
    ("delete", "node-file"): (401, 200, 403, 404, 404),
    ("get", "node-download"): READ,
    ("get", "node-preview"): READ,
    ("get", "node-thumbnail"): READ,
    ("get", "node-invoices"): OWN,
    ("post", "node-invoices"): TEAM_FORM,
    ("get", "node-invoice-stats"): OWN,
    ("get", "node-invoice"): READ,
    ("put", "node-invoice"): (401, 400, 403, 403, 404),
    ("delete", "node-invoice"): WORK,
    ("get", "node-invoice-details"): READ,
    ("post", "node-invoice-send"): (401, 409, 403, 403, 404),
    ("post", "node-invoice-cancel"): WORK,
    ("put", "node-invoice-status"): (401, 400, 403, 403, 404),
    ("post", "node-messages"): FORM,
    ("get", "node-conversations"): OWN,
    ("post", "node-conversations"): FORM,
    ("get", "node-conversation"): (401, 200, 404, 404, 404),
    ("post", "node-conversation-read"): (401, 200, 404, 404, 404),
    ("get", "node-conversation-with"): (401, 200, 200, 404, 404),
    ("post", "node-message-send"): FORM,
    ("get", "node-messages-unread"): OWN,
    ("get", "node-message-search"): FORM,
    ("put", "node-message-read"): (401, 404, 200, 404, 404),
    ("delete", "node-message"): (401, 200, 403, 404, 404),
    ("get", "node-notifications"): OWN,
    ("get", "node-notifications-unread"): OWN,
    ("patch", "node-notifications-read"): OWN,
    ("delete", "node-notifications-clear"): OWN,
    ("patch", "node-notification-read"): (401, 404, 200, 404, 404),
    ("delete", "node-notification"): (401, 404, 200, 404, 404),
}
# Paying opens its own transactions and cannot be undone here: see test_invoices.
ELSEWHERE = {"node-invoice-pay", "node-unknown"}
BODIES: dict[tuple[str, str], Any] = {
    ("put", "node-phase-set"): {"phase": 2},
    ("post", "node-phase-advance"): {"target_phase_index": 1},
    ("put", "node-file"): {"name": "renamed.png"},
    ("put", "node-invoice-status"): {"status": "paid"},
}
IDS: dict[str, Callable[[Studio, Membership], list[Any]]] = {
    "node-project": lambda s, a: [s.project.id],
    "node-phase": lambda s, a: [s.project.id],
    "node-client": lambda s, a: [s.client.id],
    "node-file": lambda s, a: [s.file.id],
    "node-download": lambda s, a: [s.file.id],
    "node-preview": lambda s, a: [s.file.id],
    "node-thumbnail": lambda s, a: [s.file.id],
    "node-invoice": lambda s, a: [s.sent.id],
    "node-conversation": lambda s, a: [a.user_id],
    "node-message": lambda s, a: [s.message.id],
    "node-notification": lambda s, a: [s.notification.id],
}
NAMES = sorted({pattern.name or "" for pattern in urls.urlpatterns} - ELSEWHERE)


def test_each_row_names_a_route_and_each_route_has_a_row() -> None:
    assert {name for _method, name in MATRIX} == set(NAMES)


def arguments(name: str, studio: Studio, alice: Membership) -> list[Any]:
    if name == "node-project-phase":
        return [studio.project.id, 1]
    pattern = next(p for p in urls.urlpatterns if p.name == name)
    if "<" not in str(pattern.pattern):
        return []
    longest = max((key for key in IDS if name.startswith(key)), key=len)
    return IDS[longest](studio, alice)


def test_status_of_each_person_on_each_route(
    cast: dict[str, Membership | None], client_a: Client
) -> None:
    owner, alice = cast["owner"], cast["alice"]
    assert owner is not None
    assert alice is not None
    studio = furnish(owner, alice, client_a)
    clients = {person: node(cast[person]) for person in PEOPLE}
    wrong = {}
    for name in NAMES:
        path = reverse(name, args=arguments(name, studio, alice))
        for method in METHODS:
            found = tuple(_status(clients[person], method, name, path) for person in PEOPLE)
            if found != MATRIX.get((method, name), (404,) * 5):
                wrong[method, name] = found
    assert wrong == {}


def _status(client: Api, method: str, name: str, path: str) -> int:
    """Return the status of one request, and undo what it did."""
    with transaction.atomic():
        if name == "node-upload":
            form = {"file": part(PNG, "a.png")} if method == "post" else {}
            response = getattr(client, method)(path, form, format="multipart")
        else:
            body = None if method == "get" else BODIES.get((method, name), {})
            response = getattr(client, method)(path, body, format="json")
        transaction.set_rollback(True)
    return int(response.status_code)


@pytest.mark.parametrize(
    "path",
    [f"{area}/{NOWHERE}" for area in ("projects", "clients", "files", "invoices")]
    + [f"files/{NOWHERE}/download", f"messages/conversations/{NOWHERE}"],
)
def test_an_id_that_nobody_has_reads_like_a_foreign_one(path: str, owner: Membership) -> None:
    answer = node(owner).get(f"/api/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"] == answer.json()["message"]


def test_the_accountant_sees_no_files(accountant: Membership, owner: Membership) -> None:
    assert node(accountant).get("/api/files").json()["files"] == []
    assert (
        node(accountant).post("/api/projects", {"name": "x", "client_id": NOWHERE}).status_code
        == 400
    )
