"""The journey: a studio and its new client, from the first visit to the paid invoice.

Each step is a method; its docstring is the line that is printed. A step raises when the portal
does not do what a person would expect.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from tour.api import Person, Refused
from tour.listeners import PATIENCE_SECONDS, Inbox, Receiver, Socket

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SHORT_TOKEN_SECONDS = 3
PASSWORD = "a quiet harbour"  # noqa: S105  of people who exist for this tour only
Step = Callable[[], str]


class Unexpected(Exception):
    """The portal answered, and not as a person would expect."""


def expect(truth: object, what: str) -> None:
    """Raise Unexpected with `what` unless `truth` is true."""
    if not truth:
        raise Unexpected(what)


class Journey:
    """The state that the steps share. `logins` are those of the demo studio."""

    def __init__(self, base: str, logins: dict[str, dict[str, str]]) -> None:
        self.base, self.logins = base, logins
        self.mark = uuid4().hex[:6]
        self.sockets: list[Socket] = []
        self.receiver = Receiver()

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Yield the title and the function of each step, in order."""
        for name in (
            "staff_sign_in", "listen", "create_client", "create_contacts", "open_project",
            "upload_files", "ask_for_approval", "contact_signs_in", "contact_sees_her_own",
            "contact_approves", "contact_writes", "send_invoice", "contact_pays", "order_of_events",
            "webhooks_arrive", "token_is_refreshed", "log_matches",
        ):  # fmt: skip
            step: Step = getattr(self, name)
            yield (step.__doc__ or name).strip().rstrip("."), step

    def close(self) -> None:
        """Close sockets and receiver."""
        for socket in self.sockets:
            socket.close()
        self.receiver.close()

    # -- the studio ----------------------------------------------------------------------

    def staff_sign_in(self) -> str:
        """Owner and staff sign in."""
        self.owner = Person(self.base, self.logins["owner"])
        self.staff = Person(self.base, self.logins["staff"])
        self.start = int(self.owner.body("GET", "/events", params={"limit": 1})["meta"]["head"])
        return f"{self.staff.user['first_name']} of {self.staff.user['organization']['name']}"

    def listen(self) -> str:
        """A socket opens, and a local receiver is registered for webhooks."""
        self.staff_socket = self._socket(self.staff)
        endpoint = self.owner.post(
            "/webhook-endpoints",
            {"url": self.receiver.url, "events": ["*"], "description": f"tour {self.mark}"},
        )
        self.endpoint, self.receiver.secret = endpoint["id"], endpoint["secret"]
        return self.receiver.url

    def create_client(self) -> str:
        """Staff creates a client company."""
        self.client = self.staff.post(
            "/clients",
            {"name": f"Tour Harbour {self.mark}", "email": f"hello-{self.mark}@example.com"},
        )
        self.staff_socket.change("client.created", self.client["id"])
        return str(self.client["name"])

    def create_contacts(self) -> str:
        """The client gets two contacts, who can sign in."""
        self.contacts = []
        for first, role in (("Nora", "approver"), ("Olaf", "viewer")):
            email = f"{first.lower()}-{self.mark}@example.com"
            contact = self.staff.post(
                f"/clients/{self.client['id']}/contacts",
                {
                    "first_name": first, "last_name": "Harbour", "email": email, "role": role,
                    "password": PASSWORD,
                },
            )  # fmt: skip
            self.contacts.append(contact | {"email": email, "password": PASSWORD})
        return ", ".join(contact["email"] for contact in self.contacts)

    def open_project(self) -> str:
        """Staff opens a project; it has phases."""
        self.project = self.staff.post(
            "/projects", {"name": f"Harbour signs {self.mark}", "client_id": self.client["id"]}
        )
        self.staff_socket.change("project.created", self.project["id"])
        phases = self.staff.get(f"/projects/{self.project['id']}/phases")
        expect(sum(phase["status"] == "active" for phase in phases) == 1, "one phase is active")
        return f"{len(phases)} phases"

    def upload_files(self) -> str:
        """Staff uploads a real PDF and a real PNG."""
        self.files = {}
        for path in sorted(SAMPLES.glob("*.p[dn][fg]")):
            content = path.read_bytes()
            uploaded = self.staff.post(
                "/files",
                files={"file": (path.name, content)},
                data={"project_id": self.project["id"], "visibility": "client"},
            )
            row = uploaded[0] if isinstance(uploaded, list) else uploaded
            expect(
                row["sha256"] == hashlib.sha256(content).hexdigest(), "the hash is that of the file"
            )
            expect(row["scan_status"] == "clean", f"{path.name} passed the checks")
            back = self.staff.raw("GET", f"/files/{row['id']}/content")
            expect(back.content == content, "the download equals the upload")
            self.files[path.suffix] = row
        return ", ".join(f"{row['name']} {row['size']} bytes" for row in self.files.values())

    def ask_for_approval(self) -> str:
        """Staff asks for approval of the PDF."""
        pdf = self.files[".pdf"]
        self.approval = self.staff.post(
            "/approvals",
            {
                "subject": {"type": "file_version", "id": pdf["id"]},
                "question": "May we produce the signs as shown?",
                "approvers": [self.contacts[0]["user_id"]],
            },
        )
        expect(self.approval["sha256"] == pdf["sha256"], "the approval names the file by its hash")
        return f"sha256 {self.approval['sha256'][:12]}…"

    # -- the client ----------------------------------------------------------------------

    def contact_signs_in(self) -> str:
        """The contact signs in and opens a socket."""
        self.nora = Person(self.base, self.contacts[0])
        self.nora_socket = self._socket(self.nora)
        return str(self.nora.user["email"])

    def contact_sees_her_own(self) -> str:
        """She sees exactly her own things."""
        for path, wanted in (
            ("/clients", {self.client["id"]}),
            ("/projects", {self.project["id"]}),
            ("/files", {row["id"] for row in self.files.values()}),
            ("/approvals", {self.approval["id"]}),
            ("/invoices", set()),
        ):
            found = {row["id"] for row in self.nora.get(path)}
            expect(found == wanted, f"{path} shows {len(found)} rows and {len(wanted)} are hers")
        foreign = next(
            row["id"] for row in self.staff.get("/projects") if row["id"] != self.project["id"]
        )
        expect(
            self.nora.raw("GET", f"/projects/{foreign}").status_code == 404, "a foreign id is 404"
        )
        return "and a foreign project is 404"

    def contact_approves(self) -> str:
        """She approves; the studio hears it live."""
        answer = {"decision": "approved", "version": self.approval["version"]}
        decided = self.nora.post(f"/approvals/{self.approval['id']}/decisions", answer)
        expect(decided["status"] == "approved", "the approval is approved")
        again = self.nora.raw(
            "POST", f"/approvals/{self.approval['id']}/decisions", json=answer,
            headers={"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        expect(again.status_code == 409, "a second answer is refused")
        for socket in (self.staff_socket, self.nora_socket):
            socket.change("approval.decided", self.approval["id"])
        return "a second answer is 409"

    def contact_writes(self) -> str:
        """She writes a message; the studio gets it live."""
        conversation = self.nora.post(
            "/conversations",
            {"subject": "Colours", "participant_ids": [self.staff.user["id"]]},
        )
        message = self.nora.post(
            f"/conversations/{conversation['id']}/messages",
            {"body": "Could the blue be a little deeper? — Nora <b>& co</b> 🙂"},
        )
        self.staff_socket.change("message.sent", message["id"])
        rows = self.staff.get(f"/conversations/{conversation['id']}/messages")
        expect(rows[0]["body"] == message["body"], "the text arrives as it was written")
        return "text unchanged"

    # -- money ---------------------------------------------------------------------------

    def send_invoice(self) -> str:
        """The owner writes an invoice and sends it."""
        line = {
            "description": "Three harbour signs", "quantity": "3",
            "unit_price": {"amount": 45_000, "currency": "EUR"}, "tax_rate": "19",
        }  # fmt: skip
        draft = self.owner.post(
            "/invoices",
            {
                "client_id": self.client["id"], "project_id": self.project["id"],
                "currency": "EUR", "lines": [line],
            },
        )  # fmt: skip
        expect(draft["number"] is None, "a draft has no number")
        self.invoice = self.owner.post(f"/invoices/{draft['id']}/sends")
        expect(
            self.invoice["total"]["amount"] == 160_650, "three of 450.00 with 19 % make 1,606.50"
        )
        self.nora_socket.change("invoice.sent", self.invoice["id"])
        return f"{self.invoice['number']}, 1,606.50 EUR"

    def contact_pays(self) -> str:
        """She pays it, twice with the same key; it is charged once."""
        path, key = f"/invoices/{self.invoice['id']}/payments", str(uuid4())
        first = self.nora.post(path, {"provider": "fake"}, key=key)
        second = self.nora.post(path, {"provider": "fake"}, key=key)
        expect(first["id"] == second["id"], "the same key is the same payment")
        for socket in (self.staff_socket, self.nora_socket):
            socket.change("payment.succeeded", first["id"])
            socket.change("invoice.paid", self.invoice["id"])
        paid = self.nora.get(f"/invoices/{self.invoice['id']}")
        expect((paid["status"], paid["amount_due"]["amount"]) == ("paid", 0), "the invoice is paid")
        entries = self.owner.get("/ledger-entries", limit=100)
        mine = [row for row in entries if row["invoice_id"] == self.invoice["id"]]
        balance = sum(_minor(row["debit"]) - _minor(row["credit"]) for row in mine)
        expect(mine and balance == 0, "the ledger is balanced")
        return f"{len(mine)} postings, sum 0"

    # -- afterwards ----------------------------------------------------------------------

    def order_of_events(self) -> str:
        """Both sockets got their events in the order of the log."""
        for socket in (self.staff_socket, self.nora_socket):
            numbers = socket.sequences()
            expect(numbers == sorted(set(numbers)), "live events come once and in order")
        return (
            f"{len(self.staff_socket.sequences())} and {len(self.nora_socket.sequences())} events"
        )

    def webhooks_arrive(self) -> str:
        """The receiver got the webhooks, each with a genuine signature."""
        for kind in ("client.created", "project.created", "approval.decided", "invoice.paid"):
            event = self.receiver.event(kind)
            expect(event["specversion"] == "1.0", "a webhook is a CloudEvents document")
        self.owner.raw("DELETE", f"/webhook-endpoints/{self.endpoint}")
        return f"{len(self.receiver.items)} webhooks"

    def token_is_refreshed(self) -> str:
        """An access token ends and is refreshed without a question."""
        person = Person(self.base, self.contacts[1], access_seconds=SHORT_TOKEN_SECONDS)
        never = Inbox()

        def refreshed(_item: object) -> bool:
            person.get("/users/me")
            return person.refreshes > 0

        for _round in range(int(PATIENCE_SECONDS)):
            if refreshed(None):
                return f"after {SHORT_TOKEN_SECONDS} s"
            with never.changed:
                never.changed.wait(1)
        raise Unexpected("the token did not end")

    def log_matches(self) -> str:
        """The event log is read back by cursor and matches what was heard."""
        seen, after = [], self.start
        while True:
            body = self.staff.body("GET", "/events", params={"after": after, "limit": 500})
            seen += [int(event["sequence"]) for event in body["data"]]
            through = int(body["meta"]["through"])
            if through <= after or through >= int(body["meta"]["head"]):
                break
            after = through
        expect(seen == sorted(set(seen)), "the log is in order, each event once")
        # The hint of an earlier event may still be under way when the socket opens.
        heard = {number for number in self.staff_socket.sequences() if number > self.start}
        missing = heard - set(seen)
        expect(not missing, f"everything heard live stands in the log, which lacks {missing}")
        return f"{len(seen)} events"

    def _socket(self, person: Person) -> Socket:
        socket = Socket(self.base, person.token)
        self.sockets.append(socket)
        return socket


def _minor(value: Any) -> int:
    """Return minor units of a debit or credit, which may be null, a number or money."""
    if isinstance(value, dict):
        return int(value["amount"])
    return int(value or 0)


__all__ = ["Journey", "Refused", "Unexpected"]
