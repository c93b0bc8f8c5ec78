"""Write facts to the ledger, once each, and read balances from it (`integration.md`, 9.5).

An entry is made in the transaction of the change that it tells of; the database checks the sum
when that transaction commits.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from apps.core.money import Money
from apps.ledger.errors import Unbalanced, UnknownAccount
from apps.ledger.models import Account, Entry, Posting

RECEIVABLE, CREDIT = "receivable:client", "client_credit:client"
CLEARING = "clearing:connection"
REVENUE, TAX_PAYABLE, SALES_RETURNS, BANK, FEES = (
    "revenue", "tax_payable", "sales_returns", "bank", "fees",
)  # fmt: skip
NORMAL = {
    RECEIVABLE: Account.DEBIT,
    CREDIT: Account.CREDIT,
    CLEARING: Account.DEBIT,
    REVENUE: Account.CREDIT,
    TAX_PAYABLE: Account.CREDIT,
    SALES_RETURNS: Account.DEBIT,
    BANK: Account.DEBIT,
    FEES: Account.DEBIT,
}
Line: TypeAlias = tuple[str, UUID | None, Money]


@transaction.atomic
def post(
    organization_id: UUID,
    *,
    kind: str,
    source_type: str,
    source_id: UUID,
    lines: Sequence[Line],
    **links: UUID | None,
) -> Entry | None:
    """Post a fact and return its entry; the same kind and source return the first entry.

    `lines` are (account code, owner of the account, amount), a debit positive and a credit
    negative; lines of nothing are left out, and None is returned when none remains. `links` may
    be `invoice_id`, `payment_id` and `event_id`. Raises Unbalanced, UnknownAccount.
    """
    kept = [line for line in lines if line[2].amount]
    _check(kept)
    if not kept:
        return None
    entry, is_new = Entry.objects.get_or_create(
        organization_id=organization_id,
        kind=kind,
        source_type=source_type,
        source_id=source_id,
        defaults=links,
    )
    if is_new:
        Posting.objects.bulk_create(
            Posting(
                organization_id=organization_id,
                entry=entry,
                account=_account(organization_id, code, owner_id, money.currency),
                currency=money.currency,
                amount=money.amount,
            )
            for code, owner_id, money in kept
        )
    return entry


def balance(
    organization_id: UUID, code: str, currency: str, *, owner_id: UUID | None = None
) -> Money:
    """Return debits minus credits of one account; of all owners when `owner_id` is None."""
    rows = Posting.objects.filter(
        organization_id=organization_id, account__code=code, currency=currency
    )
    if owner_id is not None:
        rows = rows.filter(account__owner_id=owner_id)
    return Money(int(rows.aggregate(sum=Sum("amount"))["sum"] or 0), currency)


def sums(organization_id: UUID) -> dict[str, int]:
    """Return the sum of all postings by currency: each is zero, or the ledger is broken."""
    rows = Posting.objects.filter(organization_id=organization_id).values("currency")
    return {row["currency"]: int(row["sum"]) for row in rows.annotate(sum=Sum("amount"))}


def _check(lines: Sequence[Line]) -> None:
    totals: Counter[str] = Counter()
    for code, _owner_id, money in lines:
        if code not in NORMAL:
            raise UnknownAccount(code)
        totals[money.currency] += money.amount
    if any(totals.values()):
        raise Unbalanced(str(dict(totals)))


def _account(organization_id: UUID, code: str, owner_id: UUID | None, currency: str) -> Account:
    """Return the account, made on its first use; of two makers at once one makes it."""
    account, _is_new = Account.objects.get_or_create(
        organization_id=organization_id,
        code=code,
        currency=currency,
        owner_id=owner_id,
        defaults={"normal": NORMAL[code]},
    )
    return account
