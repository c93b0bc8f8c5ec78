"""Changing the own password, and hashes of the old system (R12, R26, P07)."""

from typing import Any

import bcrypt
import pytest

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.notifications.mail import write_mails
from apps.notifications.models import Mail
from tests.conftest import access_token, api, events_of
from tests.factories import PASSWORD

NEW = "a better battery staple"


def changed(person: Membership, current: str = PASSWORD, new: str = NEW) -> Any:
    body = {"current_password": current, "new_password": new}
    return api(person).put("/api/v1/users/me/password", body)


def login(person: Membership, given: str) -> Any:
    body = {"email": person.user.email, "password": given}
    return api(None).post("/api/v1/auth/login", body)


def test_r26_a_new_password_ends_every_other_session(alice: Membership) -> None:
    phone = api(None)
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token(alice)}")
    desk = api(alice)
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert desk.put("/api/v1/users/me/password", body).status_code == 200
    assert phone.get("/api/v1/users/me").status_code == 401
    assert desk.get("/api/v1/users/me").status_code == 200
    assert login(alice, PASSWORD).status_code == 401
    assert login(alice, NEW).status_code == 200


def test_r26_the_person_is_told_by_mail_with_time_and_device(alice: Membership) -> None:
    changed(alice)
    with organization_scope(alice.organization_id):
        write_mails(events_of(alice))
        (mail,) = Mail.objects.filter(organization_id=alice.organization_id)
    assert (mail.to_address, mail.subject) == (alice.user.email, "Your password was changed")
    assert "UTC" in mail.text
    assert NEW not in mail.text + mail.html


def test_r26_a_wrong_present_password_changes_nothing_and_is_counted(alice: Membership) -> None:
    statuses = [changed(alice, current="wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert changed(alice).status_code == 429


@pytest.mark.parametrize("weak", ["short 7", "x" * 129])
def test_r12_a_weak_password_is_refused_with_the_reason(weak: str, alice: Membership) -> None:
    answer = changed(alice, new=weak)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["details"][0]["field"] == "password"
    assert login(alice, PASSWORD).status_code == 200


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
def test_p07_a_hash_of_the_old_system_signs_in_and_is_upgraded(
    prefix: bytes, alice: Membership
) -> None:
    hashed = bcrypt.hashpw(b"Old-portal-1", bcrypt.gensalt(10, prefix)).decode()
    alice.user.password = f"bcrypt${hashed}"
    alice.user.save(update_fields=["password"])
    assert login(alice, "wrong").status_code == 401
    assert login(alice, "Old-portal-1").status_code == 200
    alice.user.refresh_from_db()
    assert alice.user.password.startswith("argon2$argon2id$")
    assert login(alice, "Old-portal-1").status_code == 200


def test_p07_a_long_password_of_the_old_system_signs_in(alice: Membership) -> None:
    """Bcrypt reads 72 bytes; the old portal allowed 128 characters."""
    long = "Aa1" * 33
    hashed = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(10)).decode()
    alice.user.password = f"bcrypt${hashed}"
    alice.user.save(update_fields=["password"])
    assert login(alice, long).status_code == 200
