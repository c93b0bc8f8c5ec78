"""Where a second factor is required: by role and by client company (R18, P12)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.models import Factor, Membership, Session
from apps.accounts.services import hand_over
from apps.clients.models import Client
from apps.core import clock
from apps.organizations.models import Organization
from tests.accounts.factors import (
    AUTH,
    add_passkey,
    answered,
    asked,
    assertion,
    code_of,
    data_of,
    enter_with,
    login,
    set_up_app,
    wrong_code,
)
from tests.conftest import api, events_of
from tests.factories import PASSWORD

pytestmark = pytest.mark.usefixtures("early_in_a_step")


def require_of(organization: Organization, *roles: str, clients: tuple[Client, ...] = ()) -> None:
    security = organization.settings["security"]
    security["mfa_required_roles"] = list(roles)
    security["mfa_required_client_ids"] = [str(client.id) for client in clients]
    organization.save(update_fields=["settings"])


def begun(token: str) -> Any:
    return api(None).post(f"{AUTH}/second-factors/enrolments", {"mfa_token": token})


def finished(token: str, pk: str, code: str) -> Any:
    path = f"{AUTH}/second-factors/enrolments/{pk}/confirmations"
    return api(None).post(path, {"mfa_token": token, "code": code})


@pytest.fixture
def required(organization: Organization) -> Organization:
    require_of(organization, "client")
    return organization


def test_r18_a_role_that_must_have_a_factor_sets_it_up_at_sign_in(
    required: Organization, alice: Membership, staff: Membership
) -> None:
    assert login(staff).status_code == 200
    question = asked(alice)
    assert question["enrolment_required"] is True
    assert question["methods"] == ["totp"]
    enrolment = data_of(begun(question["mfa_token"]))
    seed = enrolment["secret"]
    done = data_of(finished(question["mfa_token"], enrolment["id"], code_of(seed, -1)))
    assert len(done["recovery_codes"]) == 10
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {done['access_token']}")
    assert client.get("/api/v1/users/me").status_code == 200
    assert answered(asked(alice)["mfa_token"], code=code_of(seed)).status_code == 200
    assert "factor.added" in "".join(event.body for event in events_of(alice))


def test_r18_a_client_company_can_be_required(
    organization: Organization, alice: Membership, bob: Membership, client_a: Client
) -> None:
    require_of(organization, clients=(client_a,))
    assert asked(alice)["enrolment_required"] is True
    assert login(bob).status_code == 200


def test_the_token_of_an_enrolment_opens_nothing_else(
    required: Organization, alice: Membership
) -> None:
    token = asked(alice)["mfa_token"]
    assert answered(token, code="123456").json()["code"] == "TOKEN_INVALID"
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get(f"{AUTH}/factors").status_code == 401


def test_an_enrolment_ends_with_its_session_and_after_fifteen_minutes(
    required: Organization, alice: Membership
) -> None:
    token = asked(alice)["mfa_token"]
    enrolment = data_of(begun(token))
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=False):
        code = code_of(enrolment["secret"])
        assert finished(token, enrolment["id"], code).json()["code"] == "GONE"
    code = code_of(enrolment["secret"])
    assert finished(token, enrolment["id"], code).status_code == 200
    assert finished(token, enrolment["id"], code).json()["code"] == "GONE"


def test_five_wrong_codes_end_an_enrolment(required: Organization, alice: Membership) -> None:
    token = asked(alice)["mfa_token"]
    enrolment = data_of(begun(token))
    wrong = wrong_code(enrolment["secret"])
    statuses = [finished(token, enrolment["id"], wrong).status_code for _ in range(5)]
    assert statuses == [401] * 5
    code = code_of(enrolment["secret"])
    assert finished(token, enrolment["id"], code).json()["code"] == "GONE"


def test_an_old_question_cannot_add_a_factor_to_a_person_who_has_one(
    required: Organization, alice: Membership
) -> None:
    """Who stole a password asks first; when its owner has set up an app the thief is too late."""
    thief, owner_of_it = asked(alice)["mfa_token"], asked(alice)["mfa_token"]
    enrolment = data_of(begun(owner_of_it))
    code = code_of(enrolment["secret"])
    assert finished(owner_of_it, enrolment["id"], code).status_code == 200
    assert begun(thief).json()["code"] == "GONE"


def test_the_enrolment_of_another_person_is_404(
    required: Organization, alice: Membership, bob: Membership
) -> None:
    enrolment = data_of(begun(asked(alice)["mfa_token"]))
    answer = finished(asked(bob)["mfa_token"], enrolment["id"], code_of(enrolment["secret"]))
    assert answer.status_code == 404


def test_r18_sessions_without_the_factor_end_at_the_next_refresh(
    organization: Organization, alice: Membership
) -> None:
    pair = data_of(login(alice))
    require_of(organization, "client")
    answer = api(None).post(f"{AUTH}/refresh", {"refresh_token": pair["refresh_token"]})
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")
    session = Session.objects.latest("created_at")
    assert session.revoked_reason == "second_factor_required"
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access_token']}")
    assert client.get("/api/v1/users/me").status_code == 401


def test_sessions_of_people_with_a_factor_go_on(
    organization: Organization, alice: Membership
) -> None:
    pair = data_of(login(alice))
    set_up_app(alice)
    require_of(organization, "client")
    answer = api(None).post(f"{AUTH}/refresh", {"refresh_token": pair["refresh_token"]})
    assert answer.status_code == 200


def test_the_last_factor_cannot_be_removed_where_one_is_required(
    required: Organization, alice: Membership
) -> None:
    set_up_app(alice)
    client = api(alice)
    factor = Factor.objects.get(user_id=alice.user_id)
    answer = client.delete(f"{AUTH}/factors/{factor.id}")
    assert (answer.status_code, answer.json()["details"]["rule"]) == (422, "factor_required")
    add_passkey(alice)
    assert client.delete(f"{AUTH}/factors/{factor.id}").status_code == 200


def test_a_passkey_is_all_that_is_required(required: Organization, alice: Membership) -> None:
    key = add_passkey(alice)
    assert enter_with(assertion(key)).status_code == 200


@pytest.mark.parametrize("method", ["oauth", "saml"])
def test_a_company_s_own_provider_asks_its_own_factor(
    required: Organization, alice: Membership, method: str
) -> None:
    answer = api(None).post(f"{AUTH}/handoffs", {"code": hand_over(alice, method=method)})
    assert answer.status_code == 200


def test_r22_a_magic_link_asks_for_the_factor(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    code = hand_over(alice, method="magic_link")
    answer = api(None).post(f"{AUTH}/handoffs", {"code": code})
    assert (answer.status_code, answer.json()["code"]) == (401, "MFA_REQUIRED")
    again = api(None).post(f"{AUTH}/handoffs", {"code": code})
    assert again.json()["code"] == "GONE"
    token = answer.json()["details"]["mfa_token"]
    assert answered(token, code=code_of(seed)).status_code == 200
    assert Session.objects.latest("created_at").method == "magic_link+totp"


def test_on_the_old_face_a_required_factor_must_be_an_app(
    required: Organization, alice: Membership
) -> None:
    body = {"email": alice.user.email, "password": PASSWORD}
    answer = api(None).post("/api/auth/login", body)
    assert (answer.status_code, answer.json()["error"]) == (401, "Invalid credentials")


def test_access_seconds_are_kept_over_the_second_step(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    body = {"email": alice.user.email, "password": PASSWORD, "access_seconds": 5}
    question = api(None).post(f"{AUTH}/login", body).json()["details"]
    assert data_of(answered(question["mfa_token"], code=code_of(seed)))["expires_in"] == 5


def test_the_operator_removes_what_a_person_has_lost(alice: Membership) -> None:
    set_up_app(alice)
    add_passkey(alice)
    call_command("factors", "remove", alice.user.email.upper(), "--reason", "showed a passport")
    assert login(alice).status_code == 200
    assert data_of(api(alice).get(f"{AUTH}/recovery-codes")) == {"left": 0}
    removed = [event for event in events_of(alice) if "showed a passport" in (event.body or "")]
    assert [event.user_ids for event in removed] == [[alice.user_id]] * 2
    with pytest.raises(CommandError):
        call_command("factors", "remove", "nobody@example.com", "--reason", "x")
