"""The old face in tests: its clients, and one small studio with a row of each kind."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.accounts.models import Membership, Session
from apps.clients.models import Client
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.files.models import File
from apps.invoices import services as invoices
from apps.invoices.models import Invoice
from apps.invoices.totals import Position
from apps.messaging import services as messaging
from apps.messaging.models import Message
from apps.notifications.models import Notification
from apps.projects import services as projects
from apps.projects.models import Project
from tests.conftest import Api, access_token
from tests.factories import numbers
from tests.files.factories import PNG, make_file

NOWHERE = "00000000-0000-4000-8000-000000000000"


def node(person: Membership | None) -> Api:
    """Return a client that acts as `person` with a token of the old face, or as nobody."""
    client = Api(raise_request_exception=True)
    if person is not None:
        token = access_token(person, Session.Face.NODE)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def begin_project(person: Membership, client: Client, **fields: Any) -> Project:
    """A project with its phases, as the service begins it."""
    fields = {"name": f"Project {next(numbers)}"} | fields
    with organization_scope(person.organization_id):
        return projects.create_project(person.actor(), client_id=client.id, **fields)


def write_invoice(person: Membership, client: Client, **fields: Any) -> Invoice:
    """A draft over 2 x 150.00 with 10 % tax: 330.00 in all."""
    position = Position("Design", Decimal(2), Money(15_000, "EUR"), Decimal(10))
    content = invoices.DraftContent(
        client_id=client.id, positions=[position], currency="EUR",
        issue_date=date(2026, 11, 1), due_date=date(2027, 2, 1), **fields,
    )  # fmt: skip
    with organization_scope(person.organization_id):
        return invoices.create_invoice(person.actor(), content)


def send_invoice(person: Membership, client: Client, **fields: Any) -> Invoice:
    """The same, issued."""
    draft = write_invoice(person, client, **fields)
    with organization_scope(person.organization_id):
        return invoices.send_invoice(person.actor(), draft)


def say(person: Membership, other: Membership, body: str = "Tomorrow.", **fields: Any) -> Message:
    """A message of one person to another in a new conversation of the two."""
    with organization_scope(person.organization_id):
        begun = messaging.start_conversation(
            person.actor(), participant_ids=[other.user_id], subject="Logo", **fields
        )
        return messaging.send_message(person.actor(), begun.id, body=body)


def notify(person: Membership, **fields: Any) -> Notification:
    """Something that a person was told."""
    from apps.core.ids import uuid7

    with organization_scope(person.organization_id):
        return Notification.objects.create(
            organization_id=person.organization_id, user_id=person.user_id, event_id=uuid7(),
            object_type="invoice", object_id=uuid7(),
            **{"kind": "invoice.sent", "title": "Invoice", "body": "It is ready."} | fields,
        )  # fmt: skip


@dataclass(slots=True)
class Studio:
    """One row of each kind, of client A, with alice as its person."""

    client: Client
    project: Project
    draft: Invoice
    sent: Invoice
    file: File
    message: Message
    notification: Notification


def furnish(owner: Membership, alice: Membership, client: Client) -> Studio:
    """Fill a studio: alice sees everything but the draft."""
    project = begin_project(
        owner, client, name="Brand refresh", description="Logo and print",
        due_date=date(2027, 2, 1), budget=Money(420_050, "EUR"), status="in_progress",
        custom={"service_type": "branding", "timeline": "4 weeks"},
    )  # fmt: skip
    return Studio(
        client=client,
        project=project,
        draft=write_invoice(owner, client, project_id=project.id, notes="Thanks"),
        sent=send_invoice(owner, client, project_id=project.id, notes="Deposit\nThanks"),
        file=make_file(owner, PNG, "logo.png", project_id=project.id, visibility="client"),
        message=say(owner, alice),
        notification=notify(alice),
    )
