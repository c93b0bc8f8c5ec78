"""Passkeys: registration, signing in with one alone, as second factor (P12, R19)."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
import time_machine

from apps.accounts.models import Factor, Membership, Session, SignInChallenge
from apps.core import clock
from tests.accounts.authenticator import Authenticator, Flag
from tests.accounts.factors import (
    AUTH,
    add_passkey,
    answered,
    asked,
    assertion,
    data_of,
    enter_with,
    here,
    set_up_app,
)
from tests.conftest import Api, api, events_of
from tests.factories import PASSWORD

pytestmark = pytest.mark.usefixtures("early_in_a_step")


def registered(person: Membership, key: Authenticator, client: Api | None = None) -> Any:
    """Return the answer to a registration."""
    client = here(client or api(person))
    begun = data_of(client.post(f"{AUTH}/factors/passkey-registrations"))
    credential = key.create(begun["options"])
    body = {"challenge_id": begun["challenge_id"], "credential": credential}
    return client.post(f"{AUTH}/factors/passkeys", body)


def test_r19_a_person_signs_in_with_a_passkey_alone(alice: Membership) -> None:
    key = add_passkey(alice)
    pair = data_of(enter_with(assertion(key)))
    assert pair["user"]["email"] == alice.user.email
    assert Session.objects.latest("created_at").method == "passkey"
    assert events_of(alice)[-1].kind == "user.signed_in"


def test_r19_five_passkeys_have_name_creation_and_last_use(alice: Membership) -> None:
    keys = [add_passkey(alice, name=f"Key {number}") for number in range(5)]
    enter_with(assertion(keys[0]))
    rows = data_of(api(alice).get(f"{AUTH}/factors?sort=created_at"))
    assert [row["name"] for row in rows] == [f"Key {number}" for number in range(5)]
    assert [bool(row["last_used_at"]) for row in rows] == [True] + [False] * 4
    assert {row["host"] for row in rows} == {"localhost"}
    assert all(row["created_at"] for row in rows)


def test_the_first_factor_brings_recovery_codes(alice: Membership) -> None:
    first, second = Authenticator(), Authenticator()
    assert len(data_of(registered(alice, first))["recovery_codes"]) == 10
    assert data_of(registered(alice, second))["recovery_codes"] == []


def test_a_challenge_names_nobody_and_asks_for_verification(alice: Membership) -> None:
    """No enumeration: the question is the same for all."""
    add_passkey(alice)
    options = data_of(here(api(None)).post(f"{AUTH}/passkey-challenges"))["options"]
    assert options["userVerification"] == "required"
    assert options["rpId"] == "localhost"
    assert not options.get("allowCredentials")


def test_a_registration_wants_a_discoverable_key_and_excludes_known_ones(
    alice: Membership,
) -> None:
    add_passkey(alice)
    begun = data_of(here(api(alice)).post(f"{AUTH}/factors/passkey-registrations"))
    chosen = begun["options"]["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert len(begun["options"]["excludeCredentials"]) == 1


def test_a_replayed_assertion_is_refused(alice: Membership) -> None:
    signed = assertion(add_passkey(alice))
    assert enter_with(signed).status_code == 200
    answer = enter_with(signed)
    assert (answer.status_code, answer.json()["code"]) == (410, "GONE")


def test_a_challenge_is_used_up_by_a_wrong_answer_too(alice: Membership) -> None:
    key = add_passkey(alice)
    signed = assertion(key)
    wrong = signed | {"credential": Authenticator().get({"challenge": "AA"})}
    assert enter_with(wrong).json()["code"] == "INVALID_CREDENTIALS"
    assert enter_with(signed).json()["code"] == "GONE"


def test_a_challenge_runs_out_after_five_minutes(alice: Membership) -> None:
    signed = assertion(add_passkey(alice))
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1), tick=False):
        assert enter_with(signed).json()["code"] == "GONE"


@pytest.mark.parametrize(
    "fault",
    [
        {"origin": "http://evil.example"},
        {"origin": "https://localhost"},
        {"origin": "http://localhost.evil.example"},
        {"host": "evil.example"},
        {"flags": Flag.UP},
        {"flags": Flag.UV},
        {"user_handle": b"\x00" * 16},
        {"key": Authenticator().key},
        {"credential_id": b"unknown"},
    ],
    ids=lambda fault: "-".join(f"{name}" for name in fault),
)
def test_what_does_not_fit_is_refused_alike(alice: Membership, fault: dict[str, Any]) -> None:
    """Wrong origin, host, flags, person, signature and an unknown key: one answer for all."""
    key = add_passkey(alice)
    for name, value in fault.items():
        setattr(key, name, value)
    answer = enter_with(assertion(key))
    body = answer.json()
    assert (answer.status_code, body["code"]) == (401, "INVALID_CREDENTIALS")
    assert body["message"] == "This passkey was not accepted."


def test_a_challenge_of_another_sign_in_is_refused(alice: Membership) -> None:
    key = add_passkey(alice)
    first, second = assertion(key), assertion(key)
    mixed = {"challenge_id": first["challenge_id"], "credential": second["credential"]}
    assert enter_with(mixed).status_code == 401


def test_a_counter_that_goes_back_is_refused_and_recorded(alice: Membership) -> None:
    key = add_passkey(alice)
    enter_with(assertion(key))
    key.counter = 0
    assert enter_with(assertion(key)).status_code == 401
    told = [event for event in events_of(alice) if event.kind == "audit.recorded"][-1]
    details = orjson.loads(told.data)["details"]
    assert orjson.loads(told.data)["action"] == "passkey.refused"
    assert (details["stored"], details["given"]) == (2, 1)
    assert told.user_ids == [alice.user_id]


def test_keys_that_do_not_count_are_accepted(alice: Membership) -> None:
    key = add_passkey(alice, key=Authenticator(counter=0))
    for _ in range(2):
        key.counter = -1
        assert enter_with(assertion(key)).status_code == 200


def test_a_registration_from_a_wrong_place_is_refused(alice: Membership) -> None:
    for wrong in (
        Authenticator(origin="http://evil.example"),
        Authenticator(host="evil.example"),
        Authenticator(flags=Flag.UP),
    ):
        answer = registered(alice, wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")
    assert not Factor.objects.exists()


def test_a_registration_is_of_the_person_who_began_it(
    alice: Membership, mallory: Membership
) -> None:
    begun = data_of(here(api(alice)).post(f"{AUTH}/factors/passkey-registrations"))
    credential = Authenticator().create(begun["options"])
    body = {"challenge_id": begun["challenge_id"], "credential": credential}
    answer = here(api(mallory)).post(f"{AUTH}/factors/passkeys", body)
    assert answer.json()["code"] == "GONE"


def test_a_key_cannot_be_registered_twice(alice: Membership, mallory: Membership) -> None:
    key = add_passkey(alice)
    assert registered(mallory, key).json()["code"] == "INVALID_CREDENTIALS"


def test_the_twenty_first_passkey_is_refused(alice: Membership) -> None:
    """1,000-factor registration ends at the bound."""
    client = api(alice)
    begun = data_of(here(client).post(f"{AUTH}/factors/passkey-registrations"))
    Factor.objects.bulk_create(
        Factor(
            organization_id=alice.organization_id, user=alice.user, kind="passkey", name="Key",
            credential_id=bytes([number]), credential=b"x", confirmed_at=clock.now(),
        )
        for number in range(20)
    )  # fmt: skip
    credential = Authenticator().create(begun["options"])
    body = {"challenge_id": begun["challenge_id"], "credential": credential}
    late = client.post(f"{AUTH}/factors/passkeys", body)
    again = client.post(f"{AUTH}/factors/passkey-registrations")
    for answer in (late, again):
        assert (answer.status_code, answer.json()["details"]["rule"]) == (422, "too_many_factors")
    assert Factor.objects.count() == 20


def test_after_a_password_the_passkey_is_asked(alice: Membership) -> None:
    key = add_passkey(alice)
    question = asked(alice)
    assert question["methods"] == ["passkey", "recovery_code"]
    answer = here(api(None)).post(
        f"{AUTH}/second-factors", {"mfa_token": question["mfa_token"], "passkey": assertion(key)}
    )
    assert answer.status_code == 200
    assert Session.objects.latest("created_at").method == "password+passkey"


def test_the_passkey_of_another_person_is_no_second_factor(
    alice: Membership, mallory: Membership
) -> None:
    add_passkey(alice)
    foreign = add_passkey(mallory)
    answer = here(api(None)).post(
        f"{AUTH}/second-factors",
        {"mfa_token": asked(alice)["mfa_token"], "passkey": assertion(foreign)},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")


def test_on_the_old_face_a_passkey_alone_cannot_be_given(alice: Membership) -> None:
    """A factor that one door does not ask is none: there the person needs an app."""
    add_passkey(alice)
    body = {"email": alice.user.email, "password": PASSWORD}
    assert api(None).post("/api/auth/login", body).status_code == 401


def test_a_passkey_of_a_person_who_was_switched_off_is_refused(alice: Membership) -> None:
    key = add_passkey(alice)
    Membership.objects.filter(id=alice.id).update(is_active=False)
    assert enter_with(assertion(key)).json()["code"] == "ACCOUNT_INACTIVE"


def test_a_removed_passkey_signs_nobody_in(alice: Membership) -> None:
    key = add_passkey(alice)
    client = api(alice)
    (factor,) = data_of(client.get(f"{AUTH}/factors"))
    client.delete(f"{AUTH}/factors/{factor['id']}")
    assert enter_with(assertion(key)).status_code == 401


def test_an_address_of_numbers_is_refused_with_the_reason(alice: Membership, settings: Any) -> None:
    settings.SERVED_HOSTS = ["127.0.0.1", "[::1]"]
    for host in ("127.0.0.1:8000", "[::1]:8000"):
        answer = api(None).post(f"{AUTH}/passkey-challenges", HTTP_HOST=host)
        assert answer.json()["details"]["rule"] == "passkey_needs_host_name"


def test_a_host_that_is_not_allowed_is_refused(alice: Membership, settings: Any) -> None:
    settings.SERVED_HOSTS = ["localhost"]
    answer = api(None).post(f"{AUTH}/passkey-challenges", HTTP_HOST="evil.example")
    assert answer.status_code == 400


def test_behind_a_proxy_the_public_address_is_the_origin(alice: Membership, settings: Any) -> None:
    settings.SERVED_HOSTS = ["portal.acme.example"]
    settings.PUBLIC_URL = "https://portal.acme.example"
    key = Authenticator(origin="https://portal.acme.example", host="portal.acme.example")
    client = api(alice)
    client.defaults["HTTP_HOST"] = "portal.acme.example"
    begun = data_of(client.post(f"{AUTH}/factors/passkey-registrations"))
    body = {"challenge_id": begun["challenge_id"], "credential": key.create(begun["options"])}
    assert client.post(f"{AUTH}/factors/passkeys", body).status_code == 201


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": "x"},
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}},
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30"}},
        {"id": "AA", "rawId": "AA", "response": {
            "clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"}},
        {"id": 1, "rawId": 1, "response": 1},
    ],
)  # fmt: skip
def test_a_broken_credential_is_refused(db: None, credential: Any) -> None:
    begun = data_of(here(api(None)).post(f"{AUTH}/passkey-challenges"))
    signed = {"challenge_id": begun["challenge_id"], "credential": credential}
    assert enter_with(signed).status_code in {400, 401}


@pytest.mark.parametrize(
    "credential",
    [{"id": "x" * 9000}, {str(n): 1 for n in range(11)}, {"a": {"b": {"c": {"d": {"e": {}}}}}}, []],
)
def test_a_huge_credential_is_400(db: None, credential: Any) -> None:
    begun = data_of(here(api(None)).post(f"{AUTH}/passkey-challenges"))
    signed = {"challenge_id": begun["challenge_id"], "credential": credential}
    assert enter_with(signed).status_code == 400


def test_old_challenges_are_swept(db: None) -> None:
    client = here(api(None))
    client.post(f"{AUTH}/passkey-challenges")
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        client.post(f"{AUTH}/passkey-challenges")
    assert SignInChallenge.objects.count() == 1


def test_app_and_passkey_are_both_offered(alice: Membership) -> None:
    key = add_passkey(alice)
    set_up_app(alice)
    question = asked(alice)
    assert question["methods"] == ["totp", "passkey", "recovery_code"]
    assert answered(question["mfa_token"], code="abcdef").status_code == 400
    assert enter_with(assertion(key)).status_code == 200
