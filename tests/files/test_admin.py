"""The read pages of files and approvals: one organization, constant queries, no changes."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from apps.accounts.models import Membership
from apps.clients.models import Client
from tests.approvals.factories import make_approval
from tests.conftest import assert_constant_queries
from tests.files.factories import make_file, make_shared_file, make_version

PAGES = ("files_file", "files_fileversion", "approvals_approval")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_lists_the_own_organization_at_a_constant_price(
    page: str, owner: Membership, alice: Membership, client_a: Client, mallory: Membership
) -> None:
    make_file(mallory, name="foreign.pdf")
    browser, place = Browser(), reverse(f"admin:{page}_changelist")
    browser.force_login(owner.user)

    def grow() -> None:
        file = make_shared_file(owner, client_a)
        make_version(owner, file)
        make_approval(owner, file, [alice])

    assert_constant_queries(lambda: browser.get(place), grow)
    shown = browser.get(place)
    assert shown.status_code == 200
    assert "foreign.pdf" not in shown.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_contact_has_no_admin_and_nobody_adds_rows_there(
    page: str, owner: Membership, alice: Membership
) -> None:
    browser = Browser()
    browser.force_login(alice.user)
    assert browser.get(reverse(f"admin:{page}_changelist")).status_code == 302
    browser.force_login(owner.user)
    assert browser.get(reverse(f"admin:{page}_add")).status_code == 403
