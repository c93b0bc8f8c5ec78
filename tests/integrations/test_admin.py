"""The admin shows connections, deliveries and dead letters, and hides secrets (P152)."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from apps.accounts.models import Membership
from tests.conftest import assert_constant_queries
from tests.integrations.factories import make_delivery, make_endpoint, make_parked

MODELS = ("connections_connection", "integrations_delivery", "integrations_deadletter")


def browser(person: Membership) -> Browser:
    made = Browser()
    made.force_login(person.user)
    return made


@pytest.mark.parametrize("model", MODELS)
def test_each_list_opens_and_costs_the_same_for_more_rows(owner: Membership, model: str) -> None:
    page, url = browser(owner), reverse(f"admin:{model}_changelist")

    def grow() -> None:
        make_delivery(make_endpoint(owner.organization), "dead")
        make_parked(owner.organization)

    assert page.get(url).status_code == 200
    assert_constant_queries(lambda: page.get(url), grow)
    assert page.get(f"{url}?q=client").status_code == 200


def test_a_page_links_to_its_connection_and_shows_no_secret(owner: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    delivery = make_delivery(endpoint, "dead")
    page = browser(owner)
    listed = page.get(reverse("admin:integrations_delivery_changelist")).content.decode()
    place = reverse("admin:connections_connection_change", args=[endpoint.id])
    assert place in listed
    shown = page.get(place)
    assert shown.status_code == 200
    assert endpoint.secret not in shown.content.decode()  # type: ignore[attr-defined]
    for model in MODELS[1:]:
        url = reverse(f"admin:{model}_change", args=[delivery.id])
        assert page.get(url).status_code == 200


def test_another_organization_sees_none_of_it(owner: Membership, mallory: Membership) -> None:
    endpoint = make_endpoint(owner.organization)
    make_delivery(endpoint, "dead")
    for model in MODELS:
        text = browser(mallory).get(reverse(f"admin:{model}_changelist")).content.decode()
        assert str(endpoint.name) not in text
        assert "client.updated" not in text
