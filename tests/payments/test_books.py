"""`payments verify`, the fake gateway and the admin pages (P68, B05, P152)."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core import clock
from apps.core.ids import uuid7
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.invoices.models import Balance, Invoice, Line
from apps.organizations.models import Organization
from apps.payments import services
from apps.payments.books import FakeBooks
from apps.payments.errors import InvoiceNotPayable, PaymentInProgress
from apps.payments.models import Payment
from apps.payments.providers import Context, Operation, Status, Unsure
from apps.payments.providers.fake import CARDS, FakeProvider
from apps.payments.registry import providers
from tests.invoices.factories import make_draft, make_invoice
from tests.payments.factories import (
    LOST_ANSWER,
    UNREACHABLE,
    assert_sound,
    charges,
    make_paid,
    make_payment,
)


def verify(*arguments: str) -> str:
    out = StringIO()
    call_command("payments", "verify", *arguments, stdout=out)
    return out.getvalue()


def test_the_books_of_all_organizations_are_verified(
    client_a: Client, mallory: Membership, organization: Organization
) -> None:
    make_paid(make_invoice(client_a), 100)
    make_draft(client_a)
    text = verify()
    assert f"{organization.slug}  verified" in text
    assert f"{mallory.organization.slug}  verified" in text


@pytest.mark.parametrize(
    ("model", "columns", "fault"),
    [
        (Invoice, {"paid_minor": 99}, "2 paid differs from the ledger"),
        (Invoice, {"total_minor": 10_001}, "2 total differs from the lines"),
        (Invoice, {"status": "paid"}, "4 status does not fit"),
        (Line, {"net_minor": 1}, "2 total differs from the lines"),
        (Payment, {"captured": 99}, "5 captured differs"),
        (Balance, {"owed_minor": 1}, "6 balance differs"),
    ],
)
def test_p68_a_changed_amount_is_found(
    client_a: Client,
    organization: Organization,
    model: Any,
    columns: dict[str, Any],
    fault: str,
) -> None:
    make_paid(make_invoice(client_a), 100)
    with organization_scope(organization.id):
        model._default_manager.update(**columns)
    assert any(fault in found for found in services.broken_invariants(organization.id))
    with pytest.raises(CommandError):
        verify("--organization", str(organization.id))


cards = st.sampled_from(sorted(CARDS))
steps = st.lists(
    st.tuples(cards, st.integers(1, 600), st.sampled_from([0, 31, 61, 125, 3700])), max_size=6
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_any_course_of_payments_keeps_the_books_sound(
    client_a: Client, organization: Organization, steps: list[tuple[str, int, int]], currency: str
) -> None:
    """Whatever cards do and whenever the sweep comes: books agree, and nothing is paid twice."""
    invoice, spent = make_invoice(client_a, 1000, currency=currency), timedelta(0)
    for card, amount, seconds in steps:
        spent += timedelta(seconds=seconds)
        with clock.moved(spent):
            with suppress(InvoiceNotPayable, PaymentInProgress):
                with organization_scope(organization.id):
                    due = Invoice.objects.get(id=invoice.id).due_minor
                make_payment(invoice, card, min(amount, due) or 1)
            services.sweep()
        assert_sound(organization)
    with organization_scope(organization.id):
        captured = sum(p.captured for p in Payment.objects.filter(invoice=invoice))
        invoice.refresh_from_db()
    assert captured == invoice.paid_minor <= 1000
    refs = {charge.reference for charge in charges()}
    with organization_scope(organization.id):
        won = Payment.objects.filter(invoice=invoice, state="succeeded")
        assert {payment.provider_ref for payment in won} <= refs


def operation(card: str) -> Operation:
    operation_id = uuid7()
    key = f"portico-{operation_id}"
    return Operation(operation_id, "create", Money(500, "EUR"), key, {"card": card})


@pytest.mark.django_db
@pytest.mark.parametrize("card", sorted(set(CARDS) - {UNREACHABLE}))
def test_b01_a_repeat_under_one_key_charges_once(card: str) -> None:
    provider, asked = providers()["fake"], operation(card)
    context = Context(uuid7(), uuid7(), clock.now())
    answers = []
    for _ in range(3):
        try:
            answers.append(provider.create(context, asked))
        except Unsure:
            continue
    assert len({(answer.provider_ref, answer.money) for answer in answers}) == 1
    assert len(charges()) <= 1
    found = provider.fetch(context, asked)
    assert found is not None
    assert (found.provider_ref, found.money) == (answers[0].provider_ref, asked.money)


@pytest.mark.django_db
def test_b01_what_the_provider_never_heard_of_is_not_found() -> None:
    context = Context(uuid7(), uuid7(), clock.now())
    assert providers()["fake"].fetch(context, operation(LOST_ANSWER)) is None


@pytest.mark.django_db
def test_b01_a_charge_that_waits_can_be_cancelled() -> None:
    provider = providers()["fake"]
    asked = operation(next(card for card, name in CARDS.items() if name == "action_ignored"))
    context = Context(uuid7(), uuid7(), clock.now())
    provider.create(context, asked)
    assert provider.cancel(context, asked).status == Status.CANCELLED
    later = replace(context, now=clock.now() + timedelta(days=1))
    found = provider.fetch(later, asked)
    assert found is not None
    assert found.status == Status.CANCELLED


def test_b05_the_fake_provider_refuses_production(settings: Any) -> None:
    with pytest.raises(RuntimeError):
        FakeProvider(FakeBooks(), in_production=True)
    settings.IN_PRODUCTION = True
    assert providers() == {}


@pytest.mark.parametrize("page", ["invoices_invoice", "payments_payment", "ledger_posting"])
def test_p152_admin_pages_show_money_in_a_fixed_number_of_queries(
    owner: Membership, client_a: Client, page: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        make_paid(make_invoice(client_a, 1234), 234)
    browser = Browser()
    browser.force_login(owner.user)
    with django_assert_max_num_queries(14):
        listed = browser.get(reverse(f"admin:{page}_changelist"))
    assert listed.status_code == 200
    assert "€" in listed.content.decode()
