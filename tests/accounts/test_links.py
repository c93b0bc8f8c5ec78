"""One-time links and the hand-over of a finished sign-in (R21, P08)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts.errors import LinkGone, TokenInvalid
from apps.accounts.links import link_text
from apps.accounts.models import Membership, OneTimeLink
from apps.accounts.services import hand_over, issue_link, look_at_link, use_link
from apps.core import clock
from tests.conftest import api

RESET = OneTimeLink.Purpose.PASSWORD_RESET
MAGIC = OneTimeLink.Purpose.MAGIC_LINK


def traded(code: str) -> Any:
    return api(None).post("/api/v1/auth/handoffs", {"code": code})


def test_r21_looking_at_a_link_leaves_it_good(alice: Membership) -> None:
    text = link_text(issue_link(alice, RESET).id, RESET)
    for _ in range(5):
        assert look_at_link(text, RESET).user_id == alice.user_id
    assert use_link(text, RESET).used_at is not None
    with pytest.raises(LinkGone):
        use_link(text, RESET)


def test_a_link_of_one_purpose_is_none_of_another(alice: Membership) -> None:
    text = link_text(issue_link(alice, MAGIC).id, MAGIC)
    for wrong in (text[:-2] + "AA", "", "x", "ü" * 48, text + "=", "\x00"):
        with pytest.raises(TokenInvalid):
            use_link(wrong, MAGIC)
    with pytest.raises(TokenInvalid):
        use_link(text, RESET)


def test_a_newer_link_ends_the_older_one(alice: Membership) -> None:
    old = link_text(issue_link(alice, RESET).id, RESET)
    issue_link(alice, RESET)
    with pytest.raises(LinkGone):
        use_link(old, RESET)


def test_p08_a_link_runs_out(alice: Membership) -> None:
    text = link_text(issue_link(alice, RESET).id, RESET)
    later = clock.now() + timedelta(hours=1, seconds=1)
    with time_machine.travel(later, tick=False), pytest.raises(LinkGone):
        use_link(text, RESET)


def test_a_handoff_signs_in_once(alice: Membership) -> None:
    code = hand_over(alice, method="magic_link")
    answer = traded(code)
    assert answer.json()["data"]["user"]["email"] == alice.user.email
    assert traded(code).json()["code"] == "GONE"
    assert traded("nonsense").json()["code"] == "TOKEN_INVALID"


def test_a_handoff_of_a_person_who_was_switched_off_is_refused(alice: Membership) -> None:
    code = hand_over(alice, method="magic_link")
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert traded(code).json()["code"] == "ACCOUNT_INACTIVE"
