"""Verification of an address, and a change of it that both addresses confirm (P09)."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine

from apps.accounts.models import EmailChange, Membership, Session, User
from apps.core import clock
from apps.notifications.models import Mail
from tests.accounts.letters import letters, post, token_in
from tests.conftest import api, events_of

NEW = "alice@new.example"


def test_p09_a_link_confirms_the_address(alice: Membership, public_url: str) -> None:
    client = api(alice)
    assert client.post("/api/v1/auth/email-verifications").status_code == 202
    (mail,) = letters(alice)
    assert mail.to_address == alice.user.email
    assert api(None).get(f"/api/v1/auth/email-verifications/{token_in(mail)}").status_code == 405
    assert post(f"/auth/email-verifications/{token_in(mail)}").status_code == 200
    alice.user.refresh_from_db()
    assert alice.user.email_verified_at is not None
    assert post(f"/auth/email-verifications/{token_in(mail)}").status_code == 410
    assert client.post("/api/v1/auth/email-verifications").status_code == 202
    assert len(letters(alice)) == 1  # nothing is left to confirm


def test_a_link_for_an_older_address_confirms_nothing(alice: Membership, public_url: str) -> None:
    api(alice).post("/api/v1/auth/email-verifications")
    token = token_in(letters(alice)[0])
    User.objects.filter(id=alice.user_id).update(email=NEW)
    assert post(f"/auth/email-verifications/{token}").status_code == 410


def test_verification_mails_are_limited(alice: Membership, public_url: str) -> None:
    client = api(alice)
    statuses = [client.post("/api/v1/auth/email-verifications").status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]


def asked(person: Membership, email: str = NEW) -> dict[str, Mail]:
    """Ask for a change and return the mails by address."""
    answer = api(person).post("/api/v1/users/me/email-changes", {"email": email})
    assert (answer.status_code, answer.json()["data"]) == (202, None)
    return {mail.to_address: mail for mail in letters(person)}


@pytest.mark.parametrize("order", list(permutations(["old", "new"])))
def test_p09_an_address_changes_when_both_have_confirmed(
    alice: Membership, public_url: str, order: tuple[str, str]
) -> None:
    old = alice.user.email
    mails = asked(alice, NEW.upper())
    assert set(mails) == {old, NEW}
    assert "about to change" in mails[old].subject  # the notice to the old address
    first, second = (mails[old if side == "old" else NEW] for side in order)
    assert post(f"/auth/email-changes/{token_in(first)}").status_code == 200
    alice.user.refresh_from_db()
    assert alice.user.email == old
    assert post(f"/auth/email-changes/{token_in(first)}").status_code == 410
    assert post(f"/auth/email-changes/{token_in(second)}").status_code == 200
    alice.user.refresh_from_db()
    assert alice.user.email == NEW
    assert alice.user.email_verified_at is not None
    changed = [event for event in events_of(alice) if '"email.changed"' in (event.body or "")]
    assert len(changed) == 1
    assert letters(alice, NEW)[-1].subject == "Your sign-in address was changed"
    for mail in mails.values():
        assert post(f"/auth/email-changes/{token_in(mail)}").status_code == 410


def test_p09_the_old_address_refuses_and_the_new_one_is_too_late(
    alice: Membership, public_url: str
) -> None:
    old = alice.user.email
    mails = asked(alice)
    assert post(f"/auth/email-changes/{token_in(mails[old])}/refusals").status_code == 200
    answer = post(f"/auth/email-changes/{token_in(mails[NEW])}")
    assert (answer.status_code, answer.json()["code"]) == (410, "GONE")
    alice.user.refresh_from_db()
    assert alice.user.email == old
    assert any('"email_change.refused"' in (event.body or "") for event in events_of(alice))


def test_r13_an_address_of_somebody_else_answers_alike_and_is_never_taken(
    alice: Membership, bob: Membership, public_url: str
) -> None:
    mails = asked(alice, bob.user.email)
    assert set(mails) == {alice.user.email}  # bob asked for nothing and gets no link
    assert post(f"/auth/email-changes/{token_in(mails[alice.user.email])}").status_code == 200
    alice.user.refresh_from_db()
    assert alice.user.email != bob.user.email


def test_an_address_that_was_taken_meanwhile_is_not_given_twice(
    alice: Membership, bob: Membership, public_url: str
) -> None:
    old = alice.user.email
    mails = asked(alice)
    User.objects.filter(id=bob.user_id).update(email=NEW)
    assert post(f"/auth/email-changes/{token_in(mails[old])}").status_code == 200
    assert post(f"/auth/email-changes/{token_in(mails[NEW])}").status_code == 410
    alice.user.refresh_from_db()
    assert alice.user.email == old


def test_a_newer_wish_and_a_day_end_an_older_one(alice: Membership, public_url: str) -> None:
    first = asked(alice)[NEW]
    asked(alice, "other@new.example")
    assert post(f"/auth/email-changes/{token_in(first)}").status_code == 410
    last = asked(alice, "third@new.example")["third@new.example"]
    with time_machine.travel(clock.now() + timedelta(hours=24, seconds=2), tick=False):
        assert post(f"/auth/email-changes/{token_in(last)}").status_code == 410
    assert EmailChange.objects.filter(completed_at__isnull=False).count() == 0


def test_the_links_of_the_two_sides_are_not_each_others(alice: Membership, public_url: str) -> None:
    mails = asked(alice)
    old, new = token_in(mails[alice.user.email]), token_in(mails[NEW])
    assert old != new
    mixed = old[:22] + new[22:]  # the id is the same: this is the other one
    assert mixed in {old, new} or post(f"/auth/email-changes/{mixed}").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {}, {"email": "nobody"}, {"email": f"{NEW}\r\nBcc: eve@example.com"},
        {"email": NEW, "user_id": "1"}, {"email": f"{'a' * 250}@new.example"},
    ],
)  # fmt: skip
def test_p21_a_wrong_address_is_refused(alice: Membership, body: Any) -> None:
    assert api(alice).post("/api/v1/users/me/email-changes", body).status_code == 400


def test_the_own_address_is_no_change(alice: Membership) -> None:
    answer = api(alice).post("/api/v1/users/me/email-changes", {"email": alice.user.email.upper()})
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "email")


def test_r25_a_change_of_address_asks_for_a_recent_proof(alice: Membership) -> None:
    client = api(alice)
    Session.objects.update(proved_at=clock.now() - timedelta(minutes=11))
    answer = client.post("/api/v1/users/me/email-changes", {"email": NEW})
    assert (answer.status_code, answer.json()["details"]["rule"]) == (403, "proof_required")
    assert not EmailChange.objects.exists()
