"""Two spellings of an invoice as it is written, made into one `DraftContent`.

The admin form sends `items` with `rate`, dates as `invoice_date`, and a tax rate in percent. The
old API sends a `title`, `line_items` with `unit_price`, `issue_date`, and a fraction (0.08 = 8 %).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_date

from apps.core.money import MAX_MINOR, from_major
from apps.invoices.services import DraftContent
from apps.invoices.totals import Position
from apps.node_api.errors import InvalidForm

MAX_LINES = 500
LIMIT = Decimal(10) ** 9


class Faults:
    """Collects what is wrong; the old answer to an invoice is a list of texts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, text: str) -> None:
        """Note a fault once."""
        if text not in self.texts:
            self.texts.append(text)

    def raise_any(self) -> None:
        """Raise InvalidForm when there is a fault."""
        if self.texts:
            raise InvalidForm(list(self.texts))


def is_page_form(given: Mapping[str, Any]) -> bool:
    """Whether the admin page wrote this, not a caller of the old API."""
    return "items" in given or "invoice_date" in given


def client_of(given: Mapping[str, Any]) -> UUID:
    """Return the client's id, after all faults of the form were looked for; raises InvalidForm."""
    faults = Faults()
    if not is_page_form(given) and not _text(given, "title"):
        faults.add("Invoice title is required")
    client_id = _id(given, "client_id", "Client ID", faults)
    if client_id is None:
        faults.add("Client ID is required")
    _dates(given, faults)
    if not _lines(given):
        faults.add("At least one line item is required")
    faults.raise_any()
    return client_id or UUID(int=0)


def content_of(given: Mapping[str, Any], client_id: UUID, currency: str) -> DraftContent:
    """Return the draft that a form means, in the client's currency; raises InvalidForm."""
    faults = Faults()
    issued, due = _dates(given, faults)
    project_id = _id(given, "project_id", "Project ID", faults)
    rate = _rate(given, faults)
    positions = [_position(line, rate, currency, faults) for line in _lines(given)[:MAX_LINES]]
    if len(_lines(given)) > MAX_LINES:
        faults.add(f"At most {MAX_LINES} line items are possible")
    faults.raise_any()
    return DraftContent(
        client_id=client_id,
        positions=[position for position in positions if position is not None],
        project_id=project_id,
        currency=currency,
        issue_date=issued,
        due_date=due,
        notes=_notes(given),
        terms=_text(given, "terms")[:5000],
    )


def _notes(given: Mapping[str, Any]) -> str:
    """Return the notes with the title as their first line, which it may be already."""
    title, notes = _text(given, "title"), _text(given, "notes")
    if not title or notes.partition("\n")[0] == title:
        return notes[:5000]
    return f"{title}\n{notes}".strip()[:5000]


def _dates(given: Mapping[str, Any], faults: Faults) -> tuple[date | None, date | None]:
    found = []
    for label, names in (("Issue", ("invoice_date", "issue_date")), ("Due", ("due_date",))):
        text = next((_text(given, name) for name in names if _text(given, name)), "")
        day = _day(text)
        if day is None:
            faults.add(f"{label} date is {'not a date' if text else 'required'}")
        found.append(day)
    return found[0], found[1]


def _day(text: str) -> date | None:
    try:
        return parse_date(text[:10])
    except ValueError:
        return None


def _lines(given: Mapping[str, Any]) -> Sequence[Any]:
    lines = given.get("items") if "items" in given else given.get("line_items")
    return lines if isinstance(lines, list) else []


def _rate(given: Mapping[str, Any], faults: Faults) -> Decimal:
    """Return the tax rate in percent."""
    rate = _decimal(given.get("tax_rate") or 0)
    if rate is None:
        faults.add("Tax rate must be a number")
        return Decimal(0)
    percent = rate if is_page_form(given) else rate * 100
    if not 0 <= percent <= 100:
        faults.add("Tax rate must be between 0 and 100 percent")
    return percent.quantize(Decimal("0.0001"))


def _position(line: Any, rate: Decimal, currency: str, faults: Faults) -> Position | None:
    if not isinstance(line, Mapping) or not _text(line, "description"):
        faults.add("Each line item needs a description")
        return None
    quantity = _decimal(line.get("quantity", 1))
    price = _decimal(line["rate"] if "rate" in line else line.get("unit_price"))
    if quantity is None or quantity <= 0:
        faults.add("Each line item needs a quantity above zero")
        return None
    if price is None or abs(price) * 1000 > MAX_MINOR:
        faults.add("Each line item needs a price")
        return None
    return Position(
        description=_text(line, "description")[:1000],
        quantity=quantity.quantize(Decimal("0.0001")),
        unit_price=from_major(price, currency),
        tax_rate=rate,
    )


def _decimal(value: Any) -> Decimal | None:
    """Return a number, whether it came as one or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LIMIT else None


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""


def _id(given: Mapping[str, Any], name: str, label: str, faults: Faults) -> UUID | None:
    text = _text(given, name)
    try:
        return UUID(text) if text else None
    except ValueError:
        faults.add(f"{label} must be a valid ID")
        return None
