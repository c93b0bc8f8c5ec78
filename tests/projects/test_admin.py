"""The admin shows clients and projects of the own organization, and changes nothing."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.projects.models import Phase
from apps.projects.services import seed_catalog
from tests.conftest import assert_constant_queries
from tests.factories import make_contact
from tests.projects.factories import make_project

MODELS = (
    "clients_client", "clients_contact", "projects_project", "projects_phase",
    "projects_servicetype", "projects_libraryphase",
)  # fmt: skip


def browser(person: Membership) -> Browser:
    made = Browser()
    made.force_login(person.user)
    return made


@pytest.mark.parametrize("model", MODELS)
def test_each_list_opens_and_costs_the_same_for_more_rows(
    owner: Membership, client_a: Client, model: str
) -> None:
    seed_catalog(owner.organization)
    page, url = browser(owner), reverse(f"admin:{model}_changelist")

    def grow() -> None:
        make_project(client_a)
        make_contact(client_a)

    assert page.get(url).status_code == 200
    assert_constant_queries(lambda: page.get(url), grow)


def test_rows_link_to_each_other_and_show_money(owner: Membership, client_a: Client) -> None:
    project = make_project(client_a, budget=Money(123_456, "EUR"))
    page = browser(owner)
    text = page.get(reverse("admin:projects_project_changelist")).content.decode()
    assert "€1,234.56" in text
    assert reverse("admin:clients_client_change", args=[client_a.id]) in text
    with organization_scope(owner.organization_id):
        phase = Phase.objects.filter(project=project).first()
    pages: list[tuple[str, Any]] = [("projects_project", project), ("projects_phase", phase)]
    for model, row in pages:
        assert page.get(reverse(f"admin:{model}_change", args=[row.pk])).status_code == 200


def test_another_organization_sees_none_of_it(
    owner: Membership, mallory: Membership, client_a: Client
) -> None:
    make_project(client_a, "Secret site")
    text = browser(mallory).get(reverse("admin:projects_project_changelist")).content.decode()
    assert "Secret site" not in text
