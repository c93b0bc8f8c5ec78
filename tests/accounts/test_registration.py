"""Open sign-up: off by default, role client only, the same answer for everybody (P06, R15)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts.models import Membership, Registration, User
from apps.core import clock
from apps.organizations.models import Organization
from tests.accounts.letters import letters, path_in, post, token_in
from tests.conftest import Api, events_of
from tests.factories import PASSWORD

SECRET = "a quiet lighthouse"
ANN = {"email": "ann@example.com", "password": SECRET, "first_name": "Ann", "last_name": "Lee"}


@pytest.fixture
def open_studio(organization: Organization, public_url: str) -> Organization:
    """The studio of the host, which lets strangers sign up."""
    organization.settings["features"] = {"open_registration": True}
    organization.save(update_fields=["settings"])
    return organization


def test_p06_sign_up_is_off_unless_the_studio_allows_it(organization: Organization) -> None:
    answer = post("/auth/register", **ANN)
    assert (answer.status_code, answer.json()["code"]) == (403, "FEATURE_DISABLED")
    assert not Registration.objects.exists()


def test_r15_a_sign_up_gives_an_account_of_the_lowest_role_after_the_mail(
    open_studio: Organization,
) -> None:
    asked = post("/auth/register", **ANN)
    assert (asked.status_code, asked.json()["data"]) == (202, None)
    assert post("/auth/login", email=ANN["email"], password=SECRET).status_code == 401
    (mail,) = letters(open_studio)
    assert mail.to_address == ANN["email"]
    assert path_in(mail).startswith("/registrations/")
    assert "Ann" not in mail.text  # what a stranger typed is not sent to others
    answer = post(f"/auth/registrations/{token_in(mail)}", password=SECRET)
    shown = answer.json()["data"]
    assert (shown["user"]["role"], shown["user"]["first_name"]) == ("client", "Ann")
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {shown['access_token']}")
    assert [row["name"] for row in client.get("/api/v1/clients").json()["data"]] == ["Ann Lee"]
    user = User.objects.get(email=ANN["email"])
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert user.email_verified_at is not None
    assert post("/auth/login", email=ANN["email"], password=SECRET).status_code == 200
    again = post(f"/auth/registrations/{token_in(mail)}", password=SECRET)
    assert (again.status_code, again.json()["code"]) == (410, "GONE")


@pytest.mark.parametrize("role", ["owner", "admin", "staff", "client"])
def test_r15_a_role_in_the_body_is_refused(open_studio: Organization, role: str) -> None:
    answer = post("/auth/register", role=role, **ANN)
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "role")


def test_r13_a_known_address_answers_alike_and_its_owner_gets_another_mail(
    open_studio: Organization, alice: Membership
) -> None:
    known = post("/auth/register", **ANN | {"email": alice.user.email})
    fresh = post("/auth/register", **ANN)
    bodies = [answer.json() | {"meta": ""} for answer in (known, fresh)]
    assert bodies[0] == bodies[1]
    assert known.status_code == fresh.status_code == 202
    first, second = letters(open_studio)
    assert first.subject == second.subject
    assert "You already have an account" in first.text
    assert path_in(first) == "/password-reset"
    assert post("/auth/login", email=alice.user.email, password=PASSWORD).status_code == 200


def test_a_stranger_cannot_choose_the_password_of_an_address(open_studio: Organization) -> None:
    """Who reads the mail but did not ask has no password that fits; nothing is made."""
    post("/auth/register", **ANN)
    (mail,) = letters(open_studio)
    answer = post(f"/auth/registrations/{token_in(mail)}", password="what I would choose")
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")
    assert not User.objects.filter(email=ANN["email"]).exists()


def test_a_wish_ends_after_three_days_and_when_the_address_has_an_account(
    open_studio: Organization,
) -> None:
    post("/auth/register", **ANN)
    post("/auth/register", **ANN | {"password": "another lighthouse"})
    first, second = letters(open_studio)
    with time_machine.travel(clock.now() + timedelta(days=3, seconds=2), tick=False):
        path = f"/auth/registrations/{token_in(first)}"
        assert post(path, password=SECRET).status_code == 410
    path = f"/auth/registrations/{token_in(second)}"
    assert post(path, password="another lighthouse").status_code == 200
    assert post(f"/auth/registrations/{token_in(first)}", password=SECRET).status_code == 410


def test_sign_ups_for_one_address_are_dropped_without_a_word(open_studio: Organization) -> None:
    statuses = [post("/auth/register", **ANN).status_code for _ in range(8)]
    assert statuses == [202] * 8
    assert len(letters(open_studio)) == 3


def test_the_password_of_a_wish_is_hashed_and_in_no_event(open_studio: Organization) -> None:
    post("/auth/register", **ANN)
    wish = Registration.objects.get()
    assert wish.password.startswith("argon2")
    bodies = [event.body or "" for event in events_of(open_studio)]
    assert not any(SECRET in body or ANN["email"] in body for body in bodies)


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "password1"}, {"password": "ann@example.com"}, {"email": "nobody"},
        {"first_name": "Ann\nBcc: eve@example.com"}, {"last_name": "\x07"}, {"token": "x"},
        {"email": "a@example.com\r\nBcc: eve@example.com"}, {"is_staff": True},
    ],
)  # fmt: skip
def test_p21_a_wrong_sign_up_is_refused(open_studio: Organization, fields: dict[str, Any]) -> None:
    assert post("/auth/register", **ANN | fields).status_code == 400
    assert not Registration.objects.exists()
