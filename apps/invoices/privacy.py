"""Invoices are the books of a company: a contact is shown what he may see, nothing is erased."""

from datetime import date

from django.db.models import Max

from apps.core.privacy import Area, Subject
from apps.invoices.models import Invoice

YEARS_BY_LAW = 10  # for example German Abgabenordnung, section 147; counted from the year's end


def areas(subject: Subject) -> list[Area]:
    """Return the invoices of the person's companies, as he sees them; none for the team."""
    if not subject.actor.is_client:
        return []
    rows = Invoice.objects.visible_to(subject.actor)
    return [
        Area("invoices", "Invoices of your companies.", rows.values(
            "id", "number", "status", "client_id", "client__name", "issue_date", "due_date",
            "currency", "total_minor", "paid_minor",
        ))
    ]  # fmt: skip


def kept_by_law(subject: Subject) -> list[dict[str, str | int]]:
    """Return what must stay, with the day on which it need not any more."""
    if not subject.actor.is_client:
        return []
    rows = Invoice.objects.visible_to(subject.actor)
    count, last = rows.count(), rows.aggregate(last=Max("issue_date"))["last"]
    if last is None:
        return []
    until = date(last.year + YEARS_BY_LAW, 12, 31).isoformat()
    return [{"what": "invoices and their ledger entries", "count": count, "until": until}]
