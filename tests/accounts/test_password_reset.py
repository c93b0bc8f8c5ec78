"""Password reset by mail (P08, R13, R26)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.accounts.models import LinkRequest, Membership, OneTimeLink
from apps.accounts.services import issue_link
from apps.core import clock, context
from apps.core.context import RequestContext
from apps.core.tenancy import organization_scope
from apps.events.services import NO_ORGANIZATION, drain, number_events
from tests.accounts.letters import MAIL, letters, post, token_in
from tests.conftest import access_token, api, events_of
from tests.factories import PASSWORD, make_member, make_organization

NEW = "a quiet lighthouse"
ASK, RESET = "/auth/password-resets", OneTimeLink.Purpose.PASSWORD_RESET


def token_of(person: Membership) -> str:
    """Ask for a link and take it from the mail."""
    assert post(ASK, email=person.user.email).status_code == 202
    return token_in(letters(person, person.user.email)[-1])


def login(person: Membership, password: str) -> int:
    body = {"email": person.user.email, "password": password}
    return int(post("/auth/login", **body).status_code)


def test_p08_a_reset_by_mail_sets_the_password_and_ends_all_sessions(
    alice: Membership, public_url: str
) -> None:
    client, other = api(alice), access_token(alice)
    token = token_of(alice)
    (mail,) = letters(alice)
    assert (mail.subject, mail.to_address) == ("Set a new password", alice.user.email)
    assert "Hello Alice," in mail.text
    assert "one hour" in mail.html
    answer = post(f"{ASK}/{token}", password=NEW)
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert (login(alice, PASSWORD), login(alice, NEW)) == (401, 200)
    assert client.get("/api/v1/users/me").status_code == 401
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {other}")
    assert client.get("/api/v1/users/me").status_code == 401
    kinds = [event.kind for event in events_of(alice)]
    assert kinds.count("session.revoked") == 2
    assert letters(alice)[-1].subject == "Your password was changed"
    alice.user.refresh_from_db()
    assert alice.user.email_verified_at is not None


def test_p08_a_second_use_and_a_late_one_are_410(alice: Membership, public_url: str) -> None:
    token = token_of(alice)
    late = clock.now() + timedelta(hours=1, seconds=2)
    with time_machine.travel(late, tick=False):
        answer = post(f"{ASK}/{token}", password=NEW)
        assert (answer.status_code, answer.json()["code"]) == (410, "GONE")
    assert post(f"{ASK}/{token}", password=NEW).status_code == 200
    again = post(f"{ASK}/{token}", password="another lighthouse")
    assert (again.status_code, again.json()["code"]) == (410, "GONE")
    assert api(None).get(f"/api/v1{ASK}/{token}").status_code == 410
    assert login(alice, NEW) == 200


def test_r21_a_scanner_that_opens_the_link_five_times_changes_nothing(
    alice: Membership, public_url: str
) -> None:
    token = token_of(alice)
    for _ in range(5):
        answer = api(None).get(f"/api/v1{ASK}/{token}")
        assert answer.status_code == 200
        assert set(answer.json()["data"]) == {"expires_at"}
        assert answer.json()["data"]["expires_at"].endswith("Z")
        assert api(None).head(f"/api/v1{ASK}/{token}").status_code in {200, 405}
    assert post(f"{ASK}/{token}", password=NEW).status_code == 200


def test_a_weak_password_is_refused_with_the_reason_and_the_link_stays_good(
    alice: Membership, public_url: str
) -> None:
    token = token_of(alice)
    for password in ("short", "password1", alice.user.email.upper()):
        answer = post(f"{ASK}/{token}", password=password)
        assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "password")
    assert post(f"{ASK}/{token}", password=NEW).status_code == 200


def test_r13_known_unknown_and_switched_off_answer_alike(
    alice: Membership, bob: Membership
) -> None:
    bob.is_active = False
    bob.save(update_fields=["is_active"])
    answers = [
        post(path, email=email)
        for path in (ASK, "/auth/magic-links")
        for email in (alice.user.email, bob.user.email, "nobody@example.com")
    ]
    bodies = [answer.json() | {"request_id": "", "meta": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [202] * 6
    assert all(body == bodies[0] for body in bodies)
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    assert [mail.to_address for mail in letters(alice)] == [alice.user.email] * 2


def test_a_wish_of_an_unknown_address_is_audited_and_writes_no_mail(db: None) -> None:
    post(ASK, email="nobody@example.com")
    with organization_scope(NO_ORGANIZATION):
        number_events()
    drain(MAIL, NO_ORGANIZATION)
    (wish,) = LinkRequest.objects.all()
    assert (wish.membership, wish.organization_id) == (None, NO_ORGANIZATION)


def test_a_person_is_not_flooded_and_nobody_is_told(alice: Membership, public_url: str) -> None:
    def ask(address: str, times: int) -> None:
        for _ in range(times):
            context.enter(RequestContext(address=address))
            answer = api(None).post(
                f"/api/v1{ASK}", {"email": alice.user.email}, REMOTE_ADDR=address
            )
            assert answer.status_code == 202

    ask("10.0.0.1", 20)
    assert len(letters(alice)) == 3
    ask("10.0.0.2", 1)  # another address is not shut out by the first one
    assert len(letters(alice)) == 4
    for number in range(3, 20):
        ask(f"10.0.0.{number}", 1)
    assert len(letters(alice)) == 10
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1), tick=False):
        ask("10.0.0.1", 1)
    assert LinkRequest.objects.filter(email=alice.user.email).count() == 11


def test_a_newer_link_ends_the_older_and_a_reset_ends_the_others(
    alice: Membership, public_url: str
) -> None:
    first, second = token_of(alice), token_of(alice)
    assert post(f"{ASK}/{first}", password=NEW).status_code == 410
    post("/auth/magic-links", email=alice.user.email)
    magic = token_in(letters(alice)[-1])
    assert post(f"{ASK}/{second}", password=NEW).status_code == 200
    assert post(f"/auth/magic-links/{magic}").status_code == 410


def test_a_reset_link_is_no_other_link(alice: Membership, public_url: str) -> None:
    token = token_of(alice)
    for path in ("magic-links", "email-verifications", "email-changes", "registrations"):
        answer = post(f"/auth/{path}/{token}", **({"password": NEW} if path[0] == "r" else {}))
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID"), path
    assert post("/auth/handoffs", code=token).status_code == 401
    assert post("/auth/refresh", refresh_token=token).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"email": ""}, {"email": "nobody"}, {"email": "a@b.example", "role": "owner"},
             {"email": "a@b.example\r\nBcc: c@d.example"}, {"email": "\x00@b.example"}, [], "text"]
)  # fmt: skip
def test_p21_a_wrong_wish_is_refused(db: None, body: Any) -> None:
    assert api(None).post(f"/api/v1{ASK}", body).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_resets_with_one_link_at_once_one_wins() -> None:
    person = make_member(make_organization(), "owner")
    from apps.accounts.links import link_text

    token = link_text(issue_link(person, RESET).id, RESET)
    barrier, statuses = threading.Barrier(2), []

    def run(password: str) -> None:
        barrier.wait()
        statuses.append(post(f"{ASK}/{token}", password=password).status_code)
        connection.close()

    threads = [threading.Thread(target=run, args=[f"{NEW} {n}"]) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 410]
