"""P40: every field that the old pages read is in our answer, with the type that they expect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.messaging import services as messaging
from tests.conftest import Api, needs_server
from tests.contract.compare import faults_of
from tests.contract.recorded import AREAS, IS_THERE, area_of, endpoints
from tests.factories import PASSWORD
from tests.files.factories import PNG, part
from tests.node_api.old import Studio, begin_project, furnish, node


@dataclass(slots=True)
class Scene:
    """A furnished studio and the two people who look at it."""

    studio: Studio
    owner: Membership
    alice: Membership


Call = Callable[[Scene], tuple[str, str, str, Any]]  # who, method, path, body
PROJECT = {
    "name": "Replay project 1", "service_type": "branding", "budget": "1500",
    "timeline": "4 weeks", "deadline": "2027-06-30", "status": "active",
    "description": "Posters & flyers (A3), 20% off",
}  # fmt: skip
CLIENT = {
    "first_name": "Ann", "last_name": "O'Neil", "email": "cl-1@example.org", "phone": "555-0111",
    "company_name": "Neil & Sons (Ltd)", "address": "1 Main St\nBloomington",
    "status": "prospect", "source": "website", "password": "TempPass1795234567890!",
}  # fmt: skip
INVOICE = {
    "invoice_number": "", "invoice_date": "2026-11-21", "due_date": "2026-12-21",
    "status": "draft", "tax_rate": 10, "notes": "", "amount": 1,
    "items": [{"description": "Design", "quantity": 2, "rate": 150}],
}  # fmt: skip


def _invoice(scene: Scene) -> dict[str, Any]:
    ids = {"client_id": str(scene.studio.client.id), "project_id": str(scene.studio.project.id)}
    return INVOICE | ids


CALLS: dict[str, Call] = {
    "auth.login": lambda s: (
        "nobody", "post", "auth/login", {"email": s.alice.user.email, "password": PASSWORD},
    ),
    "auth.register": lambda s: (
        "nobody", "post", "auth/register",
        {"email": "reg-1@example.org", "password": "Passw0rdX9", "name": "Reg Person"},
    ),
    "auth.logout": lambda s: ("alice", "post", "auth/logout", {}),
    "auth.me": lambda s: ("alice", "get", "auth/me", None),
    "auth.refresh": lambda s: (
        "nobody", "post", "auth/refresh", {"refreshToken": _refresh_token(s)},
    ),
    "auth.verify": lambda s: ("owner", "get", "auth/verify", None),
    "projects.list": lambda s: ("owner", "get", "projects", None),
    "projects.details": lambda s: ("alice", "get", f"projects/{s.studio.project.id}/details", None),
    "projects.phase": lambda s: ("alice", "get", _delivered(s), None),
    "projects.advance_phase": lambda s: (
        "owner", "post", f"projects/{s.studio.project.id}/advance-phase",
        {"target_phase_index": 1, "service_type": None},
    ),
    "projects.create": lambda s: (
        "owner", "post", "projects", PROJECT | {"client_id": str(s.studio.client.id)},
    ),
    "projects.update": lambda s: ("owner", "put", f"projects/{s.studio.project.id}", PROJECT),
    "projects.set_phase": lambda s: (
        "owner", "put", f"projects/{s.studio.project.id}/phase", {"phase": 3},
    ),
    "projects.delete": lambda s: ("owner", "delete", f"projects/{s.studio.project.id}", None),
    "clients.list": lambda s: ("owner", "get", "clients", None),
    "clients.create": lambda s: ("owner", "post", "clients", CLIENT),
    "clients.update": lambda s: ("owner", "put", f"clients/{s.studio.client.id}", CLIENT),
    "clients.delete": lambda s: ("owner", "delete", f"clients/{s.studio.client.id}", None),
    "clients.projects": lambda s: ("owner", "get", f"clients/{s.studio.client.id}/projects", None),
    "files.list": lambda s: ("alice", "get", "files", None),
    "files.upload": lambda s: (
        "alice", "upload", "files/upload", {"file": part(PNG, "logo2.png", "image/png")},
    ),
    "files.download": lambda s: ("alice", "get", f"files/{s.studio.file.id}/download", None),
    "files.update": lambda s: ("owner", "put", f"files/{s.studio.file.id}", {"name": "b.png"}),
    "files.delete": lambda s: ("owner", "delete", f"files/{s.studio.file.id}", None),
    "conversations.list": lambda s: ("alice", "get", "messages/conversations", None),
    "conversations.get": lambda s: ("owner", "get", _attached(s), None),
    "messages.create": lambda s: (
        "owner", "post", "messages",
        {"conversation_id": str(s.alice.user_id), "content": "It's done; see <draft> & reply"},
    ),
    "conversations.read": lambda s: (
        "owner", "post", f"messages/conversations/{s.alice.user_id}/read", {},
    ),
    "conversations.create": lambda s: (
        "owner", "post", "messages/conversations",
        {"recipient_type": "client", "recipient_id": str(s.studio.client.id),
         "subject": "Replay 1", "content": "Hello"},
    ),
    "invoices.list": lambda s: ("alice", "get", "invoices", None),
    "invoices.details": lambda s: ("alice", "get", f"invoices/{s.studio.sent.id}/details", None),
    "invoices.create": lambda s: ("owner", "post", "invoices", _invoice(s)),
    "invoices.update": lambda s: ("owner", "put", f"invoices/{s.studio.draft.id}", _invoice(s)),
    "invoices.send": lambda s: ("owner", "post", f"invoices/{s.studio.draft.id}/send", {}),
    "invoices.delete": lambda s: ("owner", "delete", f"invoices/{s.studio.draft.id}", None),
    "x.thumbnail": lambda s: ("alice", "get", f"files/{s.studio.file.id}/thumbnail", None),
    "x.preview": lambda s: ("alice", "get", f"files/{s.studio.file.id}/preview", None),
    "x.admin_upload_cookie": lambda s: (
        "owner", "upload", "files/upload", {"file": part(PNG, "logo3.png", "image/png")},
    ),
}  # fmt: skip
LATER = {
    "conversations.archive": "conversations have no archive yet",
    "conversations.delete": "conversations cannot be deleted yet",
    "files.share": "shares come with their table",
    "invoices.pay": "opens its own transactions: test_invoices",
    "invoices.pdf": "PDF comes with the documents issue",
    "invoices.download": "PDF comes with the documents issue",
    "invoices.set_status": "a payment by hand has no service yet: test_invoices",
}


def _refresh_token(scene: Scene) -> str:
    body = {"email": scene.alice.user.email, "password": PASSWORD}
    return str(node(None).post("/api/auth/login", body).json()["refreshToken"])


def _delivered(scene: Scene) -> str:
    """Deliver a picture in the first phase, and return the path of its tab."""
    with organization_scope(scene.owner.organization_id):
        phase = scene.studio.project.phases.get(position=0)
    form = {"files": part(PNG, "proof.png"), "phaseId": str(phase.id), "is_public": "on"}
    answer = node(scene.owner).post("/api/files/upload", form, format="multipart")
    assert answer.status_code == 201
    return f"projects/{scene.studio.project.id}/phases/1"


def _attached(scene: Scene) -> str:
    """Say something with a file, and return the path of the conversation."""
    with organization_scope(scene.owner.organization_id):
        messaging.send_message(
            scene.owner.actor(), scene.studio.message.conversation_id, body="Here",
            attachments=[scene.studio.file.id],
        )  # fmt: skip
    return f"messages/conversations/{scene.alice.user_id}"


@pytest.fixture(autouse=True)
def _contract_is_there() -> None:
    needs_server("the recorded contract (NODE_CONTRACT)", IS_THERE)


def test_each_call_of_the_seven_areas_is_made_or_has_a_reason() -> None:
    here = {name for name, row in endpoints().items() if area_of(row["path"]) in AREAS}
    assert set(CALLS) | set(LATER) == here
    assert not set(CALLS) & set(LATER)


@pytest.mark.parametrize("name", CALLS)
def test_the_answer_holds_what_the_page_reads(
    name: str, owner: Membership, alice: Membership, client_a: Client
) -> None:
    scene = Scene(furnish(owner, alice, client_a), owner, alice)
    begin_project(owner, client_a)
    who, method, path, body = CALLS[name](scene)
    client = node({"owner": owner, "alice": alice, "nobody": None}[who])
    response = _sent(client, method, f"/api/{path}", body)
    reads = endpoints()[name]["reads"]
    assert response.status_code in {200, 201}, response.content
    if isinstance(reads, list):
        assert list(faults_of(reads, response.json())) == []


def _sent(client: Api, method: str, path: str, body: Any) -> Any:
    if method == "upload":
        return client.post(path, body, format="multipart")
    return getattr(client, method)(path, body, format="json")
