"""The other side of the table: a person who works through the API while a browser looks on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Caller:
    """Somebody who is signed in to `/api/v1/`."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=10)
        signed_in = self._sent("POST", "/auth/login", json={"email": email, "password": password})
        self.id: str = signed_in["user"]["id"]
        self.http.headers["Authorization"] = f"Bearer {signed_in['access_token']}"

    def get(self, path: str, **query: Any) -> Any:
        return self._sent("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._sent("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})

    def upload(self, name: str, **fields: str) -> Any:
        return self._sent("POST", "/files", data=fields, files={"file": (name, PDF)})

    def _sent(self, method: str, path: str, **options: Any) -> Any:
        answer = self.http.request(method, path, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()["data"]


def project_of(staff: Caller, name: str) -> Any:
    """Return the demo studio's project of this name."""
    return next(row for row in staff.get("/projects", limit=100) if row["name"] == name)


def ask_for_approval(staff: Caller, contact: Caller, project: Any, question: str) -> Any:
    """Upload a new file and ask the contact about it; return the approval."""
    name = f"Proof {uuid4().hex[:8]}.pdf"
    file = staff.upload(name, project_id=project["id"], visibility="client")
    return staff.post("/approvals", {
        "subject": {"type": "file_version", "id": file["version_id"]},
        "question": question, "approvers": [contact.id],
    })  # fmt: skip


def send_invoice(staff: Caller, project: Any, euros: int) -> Any:
    """Write an invoice over `euros` without tax, due in two weeks, send it and return it."""
    draft = staff.post("/invoices", {
        "client_id": project["client_id"], "project_id": project["id"], "currency": "EUR",
        "due_date": str(datetime.now(UTC).date() + timedelta(days=14)),
        "lines": [{
            "description": "Extra round", "quantity": "1",
            "unit_price": {"amount": euros * 100, "currency": "EUR"},
        }],
    })  # fmt: skip
    staff.post(f"/invoices/{draft['id']}/sends", {})
    return staff.get(f"/invoices/{draft['id']}")


def start_conversation(staff: Caller, contact: Caller, subject: str) -> Any:
    """Begin a conversation of the two."""
    return staff.post("/conversations", {"subject": subject, "participant_ids": [contact.id]})
