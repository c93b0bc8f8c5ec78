"""What a mail says: subject, text and HTML of each kind, from templates in `templates/mail/`.

Values come from events and rows and are escaped by the template; subjects are one line.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from django.conf import settings
from django.template.loader import render_to_string

from apps.core.money import Money
from apps.events.models import Event
from apps.notifications.mail.notices import Notice

MAX_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of event becomes a mail; `{members}` are values of its letter."""

    template: str
    subject: str
    button: str
    page: str  # of the web client


KINDS: dict[str, Kind] = {
    "approval.requested": Kind(
        "approval_requested", "Please decide: {question}", "Look and decide", "approvals/{id}"
    ),
    "invoice.sent": Kind(
        "invoice_sent", "Invoice {number} from {studio}", "See the invoice", "invoices/{id}"
    ),
    "payment.succeeded": Kind(
        "payment_succeeded", "Payment received for invoice {invoice_number}", "See the invoice",
        "invoices/{invoice_id}",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A written mail. HTML and text hold the same link."""

    subject: str
    text: str
    html: str


def name_of(event: Event) -> str:
    """Return the name of an event's letter: its kind, or the act that an audit entry records."""
    if event.kind != "audit.recorded" or event.body is None:
        return event.kind
    return str(orjson.loads(event.data)["action"])


def write_notice(notice: Notice, values: dict[str, Any]) -> Words:
    """Return a notice to a person about his own account; `values` as in `write`."""
    shown = {name: _shown(name, value) for name, value in values.items()}
    link = f"{settings.PUBLIC_URL.rstrip('/')}/#/{notice.page}"
    context = shown | {
        "subject": notice.subject, "title": notice.subject, "lead": notice.lead,
        "link": link, "button": notice.button,
    }  # fmt: skip
    return Words(
        notice.subject,
        text=render_to_string("mail/notice.txt", context),
        html=render_to_string("mail/notice.html", context),
    )


def write(kind: str, values: dict[str, Any]) -> Words:
    """Return the mail of a kind; `values` are what its templates name.

    Money comes as on the wire, dates as `YYYY-MM-DD`. Without a public address the link is one
    of the host that shows it, which is enough for the outbox page.
    """
    form = KINDS[kind]
    shown = {name: _shown(name, value) for name, value in values.items()}
    subject = one_line(form.subject.format_map(shown))
    link = f"{settings.PUBLIC_URL.rstrip('/')}/#/{form.page.format_map(shown)}"
    context = shown | {"subject": subject, "link": link, "button": form.button}
    return Words(
        subject,
        text=render_to_string(f"mail/{form.template}.txt", context),
        html=render_to_string(f"mail/{form.template}.html", context),
    )


def one_line(text: str) -> str:
    """Return a text as a subject: in one line, and not too long."""
    subject = " ".join(text.split())
    return subject if len(subject) <= MAX_SUBJECT else f"{subject[: MAX_SUBJECT - 1]}…"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict) and {"amount", "currency"} <= set(value):
        return Money(value["amount"], value["currency"]).text()
    if name.endswith("_date"):
        day = date.fromisoformat(str(value))
        return f"{day:%A} {day.day} {day:%B %Y}"
    return str(value)
