"""Where the fake gateway keeps its books: a table that the portal's own code does not read."""

from apps.core.money import Money
from apps.payments.models import FakeCharge
from apps.payments.providers.fake import Charge


class FakeBooks:
    """The store of `providers.fake`. Each call is a statement of its own, as a remote call is."""

    def enter(self, charge: Charge) -> tuple[Charge, bool]:
        """Keep a charge unless its key is known; return the kept one and whether it is new."""
        row, is_new = FakeCharge.objects.get_or_create(
            key=charge.key,
            defaults={
                "reference": charge.reference,
                "amount": charge.money.amount,
                "currency": charge.money.currency,
                "behaviour": charge.behaviour,
                "outcome": charge.status,
                "decline_code": charge.decline_code,
                "created_at": charge.created_at,
            },
        )
        return _charge(row), is_new

    def find(self, key: str) -> Charge | None:
        """Return the charge of a key."""
        row = FakeCharge.objects.filter(key=key).first()
        return _charge(row) if row else None

    def move(self, charge: Charge) -> None:
        """Keep the new status of a charge."""
        FakeCharge.objects.filter(key=charge.key).update(
            outcome=charge.status, decline_code=charge.decline_code
        )


def _charge(row: FakeCharge) -> Charge:
    return Charge(
        key=row.key,
        reference=row.reference,
        money=Money(row.amount, row.currency),
        behaviour=row.behaviour,
        status=row.outcome,
        decline_code=row.decline_code,
        created_at=row.created_at,
    )
