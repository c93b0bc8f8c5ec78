"""What a notification says: one entry for each kind of C13 marked N that is in the list of kinds.

The words are plain text with members of the event's data; money is written for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.money import Money

MAX_TITLE, MAX_BODY = 200, 2000
STATES = {"from", "to", "decision", "status", "reason", "decline_code"}  # `in_progress` and such


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a body with `{members}`, and the page of the web client that shows more."""

    title: str
    body: str = ""
    page: str = ""


WORDS: dict[str, Words] = {
    "user.invited": Words("{email} was invited", "Role: {role}."),
    "user.locked": Words("Sign-in locked for {email}", "Too many failed attempts from {address}."),
    "project.created": Words("New project: {name}", "", "/projects/{id}"),
    "project.status_changed": Words("{name} is now {to}", "It was {from}.", "/projects/{id}"),
    "project.phase_advanced": Words("{name} has moved on", "{progress} % done.", "/projects/{id}"),
    "project.phase_action_completed": Words("Done: {action}", "Phase {phase}.", "/projects/{id}"),
    "file.uploaded": Words("New file: {name}", "", "/files/{id}"),
    "file.quarantined": Words("Held back: {name}", "{reason}", "/files/{id}"),
    "approval.requested": Words("Your approval is asked for", "{question}", "/approvals/{id}"),
    "approval.decided": Words("{person} decided: {decision}", "", "/approvals/{id}"),
    "approval.superseded": Words(
        "An approval was replaced", "There is a version {new_version} now.", "/approvals/{id}"
    ),
    "invoice.sent": Words("Invoice {number}", "{amount_due} due on {due_date}.", "/invoices/{id}"),
    "invoice.paid": Words("Invoice {number} is paid", "Total {total}.", "/invoices/{id}"),
    "invoice.overdue": Words(
        "Invoice {number} is overdue", "{amount_due} is open.", "/invoices/{id}"
    ),
    "payment.succeeded": Words(
        "Payment of {amount} received", "For invoice {invoice_number}.", "/invoices/{invoice_id}"
    ),
    "payment.failed": Words(
        "Payment of {amount} failed", "{decline_code}", "/invoices/{invoice_id}"
    ),
    "payment.mismatch": Words("A payment does not fit", "{fault}", "/invoices/{invoice_id}"),
    "message.sent": Words("New message from {sender}", "", "/conversations/{conversation_id}"),
    "connection.failed": Words("{name} is failing", "{error}", "/connections/{id}"),
    "connection.disabled": Words("{name} was switched off", "{reason}", "/connections/{id}"),
    "delivery.dead": Words("A delivery was given up", "{error}", "/connections/{connection_id}"),
}


def words_for(kind: str, data: Mapping[str, Any]) -> Words:
    """Return the finished words of an event; a member that is absent or null is left empty."""
    words = WORDS[kind]
    members = _Members({name: _text(name, value) for name, value in data.items()})
    return Words(
        words.title.format_map(members)[:MAX_TITLE],
        words.body.format_map(members)[:MAX_BODY],
        words.page.format_map(members),
    )


class _Members(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict) and {"amount", "currency"} <= set(value):
        return Money(value["amount"], value["currency"]).text()
    text = "" if value is None else str(value)
    return text.replace("_", " ") if name in STATES else text
