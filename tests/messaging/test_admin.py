"""The pages on which owner and admin look at their conversations and notifications."""

import pytest
from django.test import Client as Browser

from apps.accounts.models import Membership
from tests.conftest import assert_constant_queries
from tests.messaging.factories import make_conversation, make_message
from tests.notifications.factories import make_notification


@pytest.mark.parametrize(
    "page", ["messaging/conversation", "messaging/message", "notifications/notification"]
)
def test_a_page_costs_the_same_for_any_number_of_rows(
    page: str, owner: Membership, alice: Membership
) -> None:
    pages = Browser()
    pages.force_login(owner.user)

    def grow() -> None:
        make_message(make_conversation(owner, alice), alice)
        make_notification(owner)

    assert_constant_queries(lambda: pages.get(f"/admin/{page}/?q=a"), grow, at_most=14)
    assert pages.get(f"/admin/{page}/").status_code == 200


def test_the_owner_does_not_read_conversations_of_others(
    owner: Membership, staff: Membership, alice: Membership
) -> None:
    make_conversation(staff, alice, subject="Between us")
    pages = Browser()
    pages.force_login(owner.user)
    assert "Between us" not in pages.get("/admin/messaging/conversation/").content.decode()
