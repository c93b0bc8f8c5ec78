"""The ledger balances, never changes, and is the team's to read (P68, R87)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.core.ids import uuid7
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.ledger import services
from apps.ledger.errors import Unbalanced, UnknownAccount
from apps.ledger.models import Account, Entry, Posting
from apps.organizations.models import Organization
from tests.conftest import api, assert_constant_queries
from tests.factories import make_organization
from tests.ledger.factories import make_entry

LEDGER = "/api/v1/ledger-entries"
FIELDS = {
    "id", "entry_id", "kind", "account", "owner_id", "debit", "credit", "currency", "event_id",
    "invoice_id", "payment_id", "created_at", "updated_at",
}  # fmt: skip


def check_constraints() -> None:
    """Let the deferred constraints speak now, as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_c17_a_posting_is_shown_with_both_sides_as_money(
    owner: Membership, organization: Organization
) -> None:
    client_id = uuid7()
    entry = make_entry(organization, 1190, owner_id=client_id)
    rows = api(owner).get(LEDGER).json()["data"]
    assert {row["account"] for row in rows} == {"receivable:client", "revenue"}
    shown = next(row for row in rows if row["account"] == "receivable:client")
    assert set(shown) == FIELDS
    assert shown["debit"] == {"amount": 1190, "currency": "EUR"}
    assert shown["credit"] == {"amount": 0, "currency": "EUR"}
    assert shown["currency"] == "EUR"
    assert shown["owner_id"] == str(client_id)
    assert shown["entry_id"] == str(entry.id)
    assert shown["event_id"] is None
    assert shown["invoice_id"] is None
    assert shown["payment_id"] is None
    assert shown["created_at"].endswith("Z")


def test_the_list_filters_and_pages(staff: Membership, organization: Organization) -> None:
    for amount in (1, 2, 3):
        make_entry(organization, amount)
    make_entry(organization, 7, "JPY", kind="capture")
    client = api(staff)
    assert len(client.get(f"{LEDGER}?account=revenue").json()["data"]) == 4
    assert len(client.get(f"{LEDGER}?currency=JPY").json()["data"]) == 2
    assert len(client.get(f"{LEDGER}?kind=capture&account=revenue").json()["data"]) == 1
    first = client.get(f"{LEDGER}?limit=5").json()
    cursor = first["meta"]["pagination"]["next_cursor"]
    second = client.get(f"{LEDGER}?limit=5&cursor={cursor}").json()
    ids = [row["id"] for row in first["data"] + second["data"]]
    assert len(set(ids)) == 8


def test_an_unknown_parameter_is_refused(staff: Membership) -> None:
    response = api(staff).get(f"{LEDGER}?colour=red")
    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_FILTER"


def test_the_list_costs_two_queries_for_any_number_of_rows(
    owner: Membership, organization: Organization
) -> None:
    client = api(owner)
    assert_constant_queries(lambda: client.get(LEDGER), lambda: make_entry(organization), at_most=2)


def test_contacts_are_refused_and_others_see_only_their_own(
    alice: Membership, mallory: Membership, organization: Organization
) -> None:
    make_entry(organization)
    assert api(alice).get(LEDGER).status_code == 403
    assert api(mallory).get(LEDGER).json()["data"] == []


def test_the_same_fact_posts_once(organization: Organization) -> None:
    source_id = uuid7()
    first = make_entry(organization, 500, source_id=source_id)
    second = make_entry(organization, 900, source_id=source_id)
    assert first.id == second.id
    with organization_scope(organization.id):
        total = services.balance(organization.id, services.RECEIVABLE, "EUR")
        assert total == Money(500, "EUR")


def test_lines_of_nothing_are_left_out(organization: Organization) -> None:
    with organization_scope(organization.id):
        entry = services.post(
            organization.id, kind="invoice_issued", source_type="invoice", source_id=uuid7(),
            lines=[(services.REVENUE, None, Money(0, "EUR"))],
        )  # fmt: skip
        assert entry is None
        assert not Entry.objects.filter(organization_id=organization.id).exists()


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([("revenue", None, Money(1, "EUR"))], Unbalanced),
        ([("revenue", None, Money(1, "EUR")), ("bank", None, Money(-1, "USD"))], Unbalanced),
        ([("pocket", None, Money(1, "EUR")), ("bank", None, Money(-1, "EUR"))], UnknownAccount),
    ],
)
def test_a_wrong_entry_is_refused_before_it_is_written(
    organization: Organization, lines: list[services.Line], fault: type[Exception]
) -> None:
    with organization_scope(organization.id), pytest.raises(fault):
        services.post(organization.id, kind="x", source_type="x", source_id=uuid7(), lines=lines)


def add_one_side(entry: Entry) -> None:
    """Put a posting into an entry that balanced before, and let the constraint look."""
    with transaction.atomic():
        account = Account.objects.filter(organization_id=entry.organization_id)[0]
        Posting.objects.create(
            organization_id=entry.organization_id, entry=entry, account=account, currency="EUR",
            amount=1,
        )  # fmt: skip
        check_constraints()


def test_r87_the_database_refuses_an_unbalanced_entry(organization: Organization) -> None:
    entry = make_entry(organization)
    refused = pytest.raises(IntegrityError, match="not balanced")
    with organization_scope(organization.id), refused:
        add_one_side(entry)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_posting SET amount = amount * 2",
        "UPDATE ledger_entry SET kind = 'other'",
        "DELETE FROM ledger_posting",
        "DELETE FROM ledger_entry",
    ],
)
def test_r87_the_database_refuses_a_change(organization: Organization, sql: str) -> None:
    """Acceptance 21: UPDATE or DELETE on a posting fails."""
    make_entry(organization)
    scope, refused = organization_scope(organization.id), pytest.raises(IntegrityError)
    with scope, connection.cursor() as cursor, refused as found, transaction.atomic():
        cursor.execute(sql)
    assert "append only" in str(found.value)


amounts = st.integers(-(10**12), 10**12)
currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(facts=st.lists(st.tuples(st.lists(amounts, max_size=5), currencies), max_size=4))
def test_r87_any_facts_sum_to_zero_and_balances_agree(
    organization: Organization, facts: list[tuple[list[int], str]]
) -> None:
    with organization_scope(organization.id):
        before = {
            currency: services.balance(organization.id, services.RECEIVABLE, currency).amount
            for currency in ("EUR", "USD", "JPY", "KWD")
        }
        for parts, currency in facts:
            lines: list[services.Line] = [
                (services.REVENUE, None, Money(-part, currency)) for part in parts
            ]
            lines.append((services.RECEIVABLE, uuid7(), Money(sum(parts), currency)))
            services.post(
                organization.id, kind="issued", source_type="test", source_id=uuid7(), lines=lines
            )
            before[currency] += sum(parts)
        check_constraints()
        assert not any(services.sums(organization.id).values())
        for currency, expected in before.items():
            found = services.balance(organization.id, services.RECEIVABLE, currency)
            assert found == Money(expected, currency)


@pytest.mark.django_db(transaction=True)
def test_of_parallel_first_postings_one_makes_the_accounts() -> None:
    organization = make_organization("Crowd")
    client_id, barrier = uuid7(), Barrier(8)

    def work(_number: int) -> UUID:
        barrier.wait()
        try:
            return make_entry(organization, owner_id=client_id).id
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 8
    with organization_scope(organization.id):
        assert Account.objects.filter(organization_id=organization.id).count() == 2
        found = services.balance(organization.id, services.RECEIVABLE, "EUR", owner_id=client_id)
        assert found == Money(8000, "EUR")
