"""One-time sign-in links (R22, R21)."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from apps.accounts.links import link_text
from apps.accounts.models import Membership, OneTimeLink, Session
from apps.accounts.services import issue_link
from apps.clients.models import Client
from apps.core import clock
from tests.accounts.factors import answered, code_of, set_up_app
from tests.accounts.letters import letters, path_in, post, token_in
from tests.conftest import api, events_of
from tests.factories import PASSWORD, make_member, make_organization

ASK, MAGIC = "/auth/magic-links", OneTimeLink.Purpose.MAGIC_LINK


def test_r22_a_link_signs_in_once_within_15_minutes(alice: Membership, public_url: str) -> None:
    assert post(ASK, email=alice.user.email.upper()).status_code == 202
    (mail,) = letters(alice)
    assert (mail.to_address, mail.subject) == (alice.user.email, "Your sign-in link")
    assert path_in(mail).startswith("/magic-link/")
    token = token_in(mail)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=2), tick=False):
        assert post(f"{ASK}/{token}").status_code == 410
    pair = post(f"{ASK}/{token}").json()["data"]
    assert pair["user"]["email"] == alice.user.email
    assert Session.objects.get(user_id=alice.user_id).method == "magic_link"
    assert post(f"{ASK}/{token}").json()["code"] == "GONE"
    alice.user.refresh_from_db()
    assert alice.user.email_verified_at is not None
    assert not any(token in (event.body or "") for event in events_of(alice))


def test_a_switched_off_account_is_not_signed_in_by_a_link(alice: Membership) -> None:
    token = link_text(issue_link(alice, MAGIC).id, MAGIC)
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    answer = post(f"{ASK}/{token}")
    assert (answer.status_code, answer.json()["code"]) == (403, "ACCOUNT_INACTIVE")


@pytest.mark.parametrize("token", ["x", "A" * 48, "A" * 10_000, "%00", "..", "ü"])
def test_a_made_up_link_is_refused(db: None, token: str) -> None:
    assert post(f"{ASK}/{token}").status_code in {401, 404}


@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_with_one_link_at_once_one_is_signed_in() -> None:
    person = make_member(make_organization(), "owner")
    token = link_text(issue_link(person, MAGIC).id, MAGIC)
    barrier, statuses = threading.Barrier(2), []

    def run() -> None:
        barrier.wait()
        statuses.append(post(f"{ASK}/{token}").status_code)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 410]
    assert Session.objects.filter(user_id=person.user_id).count() == 1


def test_r22_a_link_asks_for_the_second_factor_too_and_is_used_up(
    alice: Membership, public_url: str
) -> None:
    secret, _codes = set_up_app(alice)
    before = Session.objects.count()
    post(ASK, email=alice.user.email)
    token = token_in(letters(alice)[-1])
    asked = post(f"{ASK}/{token}")
    assert (asked.status_code, asked.json()["code"]) == (401, "MFA_REQUIRED")
    assert Session.objects.count() == before
    assert post(f"{ASK}/{token}").json()["code"] == "GONE"
    entered = answered(asked.json()["details"]["mfa_token"], code=code_of(secret, 1))
    assert entered.json()["data"]["user"]["email"] == alice.user.email


def test_who_accepts_an_invitation_with_a_second_factor_is_a_member_before_he_has_given_it(
    staff: Membership, client_a: Client, mallory: Membership, public_url: str
) -> None:
    set_up_app(mallory)
    body = {"email": mallory.user.email, "role": "client", "client_id": str(client_a.id)}
    assert api(staff).post("/api/v1/invitations", body).status_code == 201
    token = token_in(letters(staff)[-1])
    asked = post("/auth/register", token=token, password=PASSWORD)
    assert (asked.status_code, asked.json()["code"]) == (401, "MFA_REQUIRED")
    assert mallory.user.memberships.filter(organization_id=staff.organization_id).exists()
