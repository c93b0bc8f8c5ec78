"""Locks after failed sign-ins: growing, told once, and no weapon against their owner (R14, P18)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts import passwords
from apps.accounts.devices import COOKIE
from apps.accounts.models import Membership
from apps.accounts.services.lockout import lock_after
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.notifications.mail import write_mails
from apps.notifications.models import Mail
from tests.conftest import Api, api, events_of
from tests.factories import PASSWORD

NODE = "/api/auth/login"
WINDOW, LONGEST = timedelta(minutes=15), timedelta(hours=4)
START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def attempt(
    person: Membership, guess: str = "wrong", *, client: Api | None = None,
    address: str = "203.0.113.9",
) -> Any:  # fmt: skip
    body = {"email": person.user.email, "password": guess}
    return (client or api(None)).post("/api/v1/auth/login", body, REMOTE_ADDR=address)


def test_r14_a_known_device_gets_in_while_strangers_are_locked_out(alice: Membership) -> None:
    home = api(None)
    assert attempt(alice, PASSWORD, client=home).status_code == 200
    assert [attempt(alice).status_code for _ in range(6)] == [401] * 5 + [429]
    assert attempt(alice, PASSWORD).status_code == 429
    assert attempt(alice, PASSWORD, client=home).status_code == 200


def test_r14_a_known_device_has_a_limit_of_its_own(alice: Membership) -> None:
    home = api(None)
    attempt(alice, PASSWORD, client=home)
    statuses = [attempt(alice, client=home).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert attempt(alice, PASSWORD).status_code == 200


def test_r14_the_device_of_another_person_is_no_known_device(
    alice: Membership, bob: Membership
) -> None:
    strange = api(None)
    attempt(bob, PASSWORD, client=strange)
    assert [attempt(alice, client=strange).status_code for _ in range(6)] == [401] * 5 + [429]
    assert attempt(alice, PASSWORD).status_code == 429


@pytest.mark.parametrize("forged", ["", "x", "ü", "A" * 72, "=" * 10])
def test_a_forged_device_cookie_is_a_stranger(forged: str, alice: Membership) -> None:
    client = api(None)
    client.cookies[COOKIE] = forged
    assert [attempt(alice, client=client).status_code for _ in range(6)] == [401] * 5 + [429]


def test_p19_the_device_cookie_is_safe(alice: Membership) -> None:
    for path in ("/api/v1/auth/login", NODE):
        body = {"email": alice.user.email, "password": PASSWORD}
        cookie = api(None).post(path, body, secure=True).cookies[COOKIE]
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
        assert cookie["path"] == "/api/"
        assert alice.user.email not in cookie.value


def test_r14_the_person_gets_one_mail_and_not_five(alice: Membership) -> None:
    for hour in range(4):
        with time_machine.travel(clock.now() + timedelta(hours=hour), tick=False):
            for _ in range(5):
                attempt(alice)
    events = events_of(alice)
    assert [event.kind for event in events].count("user.locked") == 1
    with organization_scope(alice.organization_id):
        write_mails(events)
        (mail,) = Mail.objects.filter(organization_id=alice.organization_id)
    assert mail.to_address == alice.user.email
    assert "203.0.113.9" in mail.text


def test_a_lock_grows_with_each_round(alice: Membership) -> None:
    waits = []
    now = clock.now()
    for _ in range(3):
        with time_machine.travel(now, tick=False):
            statuses = {attempt(alice).status_code for _ in range(5)}
            answer = attempt(alice)
        assert statuses == {401}
        waits.append(int(answer["Retry-After"]))
        now += timedelta(seconds=waits[-1] + 1)
    assert [round(wait / 900) for wait in waits] == [1, 2, 4]


def test_an_account_is_guarded_against_many_addresses(alice: Membership) -> None:
    home = api(None)
    attempt(alice, PASSWORD, client=home)
    statuses = [attempt(alice, address=f"198.51.100.{n}").status_code for n in range(31)]
    assert statuses == [401] * 30 + [429]
    assert attempt(alice, PASSWORD, client=home).status_code == 200


def test_who_gets_in_starts_anew(alice: Membership) -> None:
    for _ in range(2):
        assert [attempt(alice).status_code for _ in range(4)] == [401] * 4
        assert attempt(alice, PASSWORD).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_guesses_that_are_sent_at_once_are_no_way_around_the_lock(
    alice: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All twenty pass the lock before the first one fails; the right one is hashed last."""
    all_passed, wrong_ended = Barrier(20), Barrier(20)
    fits = passwords.fits

    def in_turn(password: str, encoded: str | None) -> tuple[bool, str]:
        all_passed.wait()
        if password == PASSWORD:
            wrong_ended.wait()
        return fits(password, encoded)

    def guess(number: int) -> int:
        try:
            status = int(attempt(alice, PASSWORD if number == 19 else "wrong").status_code)
            if number != 19:
                wrong_ended.wait()
            return status
        finally:
            connection.close()

    monkeypatch.setattr(passwords, "fits", in_turn)
    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(guess, range(20)))
    assert statuses == [401] * 19 + [429]


@given(st.lists(st.integers(0, 86_400), max_size=60))
def test_a_lock_is_as_long_as_the_failures_deserve(seconds: list[int]) -> None:
    times = [START + timedelta(seconds=second) for second in sorted(seconds)]
    until = lock_after(times, 5)
    dense = any(late - early < WINDOW for early, late in zip(times, times[4:], strict=False))
    assert (until is not None) == dense
    if until is not None:
        assert times[4] + WINDOW <= until <= times[-1] + LONGEST
