"""The bench's studio: the volumes of the Express baseline, in the portal's own tables.

50 clients with two contacts each, one admin who sees all, and at scale 1: 2,000 projects of 8
phases and 2 actions, 10,000 invoices of 3 lines, 100,000 notifications, 100,000 messages (every
twentieth in the first conversation), 5,000 files.
"""

from collections.abc import Iterator
from uuid import UUID

from django.contrib.auth.hashers import make_password

from apps.accounts.models import Membership, User
from apps.clients.models import Client, Contact
from apps.files.models import File, FileVersion
from apps.invoices.models import Invoice, Line
from apps.messaging.models import Conversation, Message, Participant
from apps.notifications.models import Notification
from apps.organizations.models import default_settings
from apps.projects.models import Phase, PhaseAction, Project
from portal.benching.rows import Rows, id_expression

PEOPLE, CLIENTS, PHASES, ACTIONS, LINES = 101, 50, 8, 2, 3
EMAIL, PASSWORD = "staff@example.com", "Bench-Pass-1"
BASE = {"projects": 2000, "invoices": 10_000, "notifications": 100_000, "messages": 100_000,
        "files": 5000}  # fmt: skip
PHASE_KEYS = "ARRAY['ONB','IDE','DSN','REV','PROD','PAY','SOP','LAUNCH']"
MISSING = "missing/"  # the store has no bytes of these files
UNIT_PRICE = "100 * (100 + mod(i, 117))"  # whole with a tax of 19 %


def counts(scale: float) -> dict[str, int]:
    """Return the number of rows of each list at a scale."""
    return {name: max(1, int(number * scale)) for name, number in BASE.items()}


def everything(organization_id: UUID, scale: float) -> Iterator[Rows]:
    """Yield the rows of each table, parents first."""
    number = counts(scale)
    owned = {"organization_id": organization_id}
    yield from _people(owned)
    yield from _projects(owned, number["projects"])
    yield from _invoices(owned, number["invoices"], number["projects"])
    yield from _files(owned, number["files"], number["projects"])
    yield from _messages(owned, number["messages"], number["projects"])
    yield _notifications(owned, number["notifications"], number["projects"])


def _series(number: int) -> str:
    return f"generate_series(1, {number}) i"


def _times(unit: str, step: str = "i") -> dict[str, str]:
    moment = f"now() - ({step}) * interval '1 {unit}'"
    return {"created_at": moment, "updated_at": moment}


def _people(owned: dict[str, UUID]) -> Iterator[Rows]:
    name = "CASE WHEN i = 1 THEN 'staff' ELSE 'client' || i END || '@example.com'"
    client = id_expression(Client, f"1 + mod(i, {CLIENTS})")
    user = id_expression(User, "i")
    company = {"name": "'Company ' || i", "email": "'office' || i || '@example.com'"}
    yield Rows(Client, _series(CLIENTS), company | _times("hour"), parameters=owned)
    person = {"email": name, "first_name": "'First' || i", "last_name": "'Last' || i"}
    secret = {"password": make_password(PASSWORD)}
    columns = person | {"is_staff": "i = 1"} | _times("day")
    yield Rows(User, _series(PEOPLE), columns, parameters=secret)
    yield Rows(Membership, _series(PEOPLE), {
        "user_id": user, "created_at": "now()",
        "role": "CASE WHEN i = 1 THEN 'admin' ELSE 'client' END",
        "client_ids": f"CASE WHEN i > 1 THEN ARRAY[{client}] ELSE '{{}}' END",
        "contact_roles": "CASE WHEN i > 1 THEN ARRAY['approver'] ELSE '{}' END",
    }, parameters=owned)  # fmt: skip
    yield Rows(Contact, f"generate_series(2, {PEOPLE}) i", person | _times("day") | {
        "client_id": client, "user_id": user, "role": "'approver'",
        "is_primary": f"i <= {CLIENTS + 1}",
    }, parameters=owned)  # fmt: skip


def _projects(owned: dict[str, UUID], number: int) -> Iterator[Rows]:
    yield Rows(Project, _series(number), {
        "client_id": id_expression(Client, f"1 + mod(i, {CLIENTS})"),
        "manager_id": id_expression(User, "1"),
        "name": "'Project ' || i", "description": "repeat('Scope of work. ', 8)",
        "status": "(ARRAY['planning','in_progress','review','on_hold'])[1 + mod(i, 4)]",
        "priority": "(ARRAY['low','medium','high','urgent'])[1 + mod(i, 4)]",
        "budget_minor": "100 * (1000 + mod(i, 9000))", "due_date": "current_date + mod(i, 90)",
        "current_phase": f"({PHASE_KEYS})[1 + mod(i, {PHASES})]",
        "progress": f"100 * mod(i, {PHASES}) / {PHASES}",
    } | _times("minute"), parameters=owned)  # fmt: skip
    active = f"1 + mod(i, {PHASES})"
    yield Rows(Phase, f"{_series(number)}, generate_series(1, {PHASES}) n", {
        "project_id": id_expression(Project, "i"), "position": "n - 1",
        "key": f"({PHASE_KEYS})[n]", "name": f"'Phase ' || ({PHASE_KEYS})[n]",
        "status": f"CASE WHEN n < {active} THEN 'completed' WHEN n = {active} THEN 'active' "
                  "ELSE 'pending' END",
    } | _times("minute"), number=f"(i - 1) * {PHASES} + n", parameters=owned)  # fmt: skip
    # Without rows here the planner would read the table from end to end while it grows.
    yield Rows(PhaseAction, f"{_series(number)}, generate_series(1, {ACTIONS}) n", {
        "phase_id": id_expression(Phase, f"(i - 1) * {PHASES} + 1"), "key": "'action_' || n",
        "description": "'Action ' || n", "position": "n - 1",
        "completed_at": f"CASE WHEN {active} > 1 THEN now() END",
    }, number=f"(i - 1) * {ACTIONS} + n", parameters=owned)  # fmt: skip


def _invoices(owned: dict[str, UUID], number: int, projects: int) -> Iterator[Rows]:
    net = f"{LINES * (LINES + 1) // 2} * {UNIT_PRICE}"
    status = "(ARRAY['draft','sent','viewed','paid','overdue'])[1 + mod(i, 5)]"
    total = f"({net}) * 119 / 100"
    yield Rows(Invoice, _series(number), {
        "client_id": id_expression(Client, f"1 + mod(i, {CLIENTS})"),
        "project_id": id_expression(Project, f"1 + mod(i, {projects})"),
        "number": "CASE WHEN mod(i, 5) > 0 THEN 'INV-2026-' || lpad(i::text, 8, '0') END",
        "status": status, "currency": "'EUR'", "issue_date": "current_date",
        "due_date": "current_date + mod(i, 30)", "subtotal_minor": net,
        "tax_minor": f"({net}) * 19 / 100", "total_minor": total,
        "paid_minor": f"CASE WHEN mod(i, 5) = 3 THEN {total} ELSE 0 END",
    } | _times("minute"), parameters=owned)  # fmt: skip
    yield Rows(Line, f"{_series(number)}, generate_series(1, {LINES}) n", {
        "invoice_id": id_expression(Invoice, "i"), "position": "n", "description": "'Line ' || n",
        "quantity": "n", "unit_price_minor": UNIT_PRICE, "currency": "'EUR'", "tax_rate": "19",
        "net_minor": f"n * {UNIT_PRICE}", "tax_minor": f"n * {UNIT_PRICE} * 19 / 100",
    }, number=f"(i - 1) * {LINES} + n", parameters=owned)  # fmt: skip


def _files(owned: dict[str, UUID], number: int, projects: int) -> Iterator[Rows]:
    """Yield files that name their version, and the versions: the database checks at the end."""
    project = f"1 + mod(i, {projects})"
    sender = id_expression(User, f"1 + mod(i, {PEOPLE})")
    name = {"name": "'drawing-' || i || '.pdf'", "created_by_id": sender}
    yield Rows(File, _series(number), name | _times("minute") | {
        "project_id": id_expression(Project, project), "visibility": "'client'",
        "client_id": id_expression(Client, f"1 + mod({project}, {CLIENTS})"),
        "current_id": id_expression(FileVersion, "i"),
    }, parameters=owned)  # fmt: skip
    yield Rows(FileVersion, _series(number), name | {
        "file_id": id_expression(File, "i"), "number": "1", "size": "1000 + i",
        "content_type": "'application/pdf'", "sha256": "encode(sha256(i::text::bytea), 'hex')",
        "storage_key": f"'{MISSING}' || i", "scan_status": "'clean'",
        "created_at": _times("minute")["created_at"],
    }, parameters=owned)  # fmt: skip


def _messages(owned: dict[str, UUID], number: int, projects: int) -> Iterator[Rows]:
    """Yield a conversation for each project, of the admin and the client's two contacts."""
    place = f"CASE WHEN mod(m, 20) = 0 THEN 1 ELSE 1 + mod(m, {projects}) END"
    placed = f"(SELECT m AS i, {place} AS c FROM generate_series(1, {number}) m) a"  # noqa: S608
    counted = f"(SELECT c AS i, count(*) AS n FROM {placed} GROUP BY c) b"  # noqa: S608
    yield Rows(Conversation, counted, {
        "subject": "'Project ' || i", "project_id": id_expression(Project, "i"),
        "created_by_id": id_expression(User, "1"), "last_number": "n", "last_message_at": "now()",
    } | _times("minute"), parameters=owned)  # fmt: skip
    first = f"2 + mod(i + {CLIENTS - 2}, {CLIENTS})"  # of the two contacts of the project's client
    contact = f"CASE WHEN p = 1 THEN 1 ELSE {first} + {CLIENTS} * (p - 2) END"
    yield Rows(Participant, f"{counted}, generate_series(1, 3) p", {
        "conversation_id": id_expression(Conversation, "i"), "read_number": "n / p",
        "user_id": id_expression(User, contact),
    } | _times("minute"), number="(i - 1) * 3 + p", parameters=owned)  # fmt: skip
    moment = "now() - i * interval '1 second'"
    order = "row_number() OVER (PARTITION BY c ORDER BY i DESC)"
    yield Rows(Message, placed, {
        "conversation_id": id_expression(Conversation, "c"), "number": order,
        "sender_id": id_expression(User, f"1 + mod(i, {PEOPLE})"),
        "body": "repeat('Message text ' || i || '. ', 5)",
        "created_at": moment, "updated_at": moment,
    }, parameters=owned)  # fmt: skip


def _notifications(owned: dict[str, UUID], number: int, projects: int) -> Rows:
    return Rows(Notification, _series(number), {
        "user_id": id_expression(User, f"1 + mod(i, {PEOPLE})"),
        "event_id": id_expression(Notification, "i"), "kind": "'project.updated'",
        "title": "'Update ' || i", "body": "'Something happened in project ' || i",
        "link": "'/projects'", "object_type": "'project'",
        "object_id": id_expression(Project, f"1 + mod(i, {projects})"),
        "read_at": "CASE WHEN mod(i, 10) > 0 THEN now() END",
    } | _times("second"), parameters=owned)  # fmt: skip


def organization_fields() -> dict[str, object]:
    """Return the fields of the bench's organization: no limit of requests, large uploads."""
    document = default_settings()
    document["apis"]["rateLimit"]["tier"] = "custom"
    document["apis"]["rateLimit"]["limits"] = {"api": "1000000/m", "upload": "1000000/m"}
    document["limits"] |= {"upload_mb": 200, "node_upload_mb": 200}
    return {"settings": document}
