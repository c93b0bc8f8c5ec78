"""Authenticator apps and recovery codes (P12, R18)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import orjson
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.links import read_link
from apps.accounts.models import Factor, Membership, RecoveryCode, Session, SignInChallenge
from apps.core import clock
from tests.accounts.factors import (
    AUTH,
    answered,
    asked,
    code_of,
    data_of,
    login,
    set_up_app,
    wrong_code,
)
from tests.conftest import api, assert_constant_queries, events_of
from tests.factories import PASSWORD, make_member

pytestmark = pytest.mark.usefixtures("early_in_a_step")


def acts_of(person: Membership) -> list[str]:
    events = [event for event in events_of(person) if event.kind == "audit.recorded"]
    return [orjson.loads(event.data)["action"] for event in events]


def test_p12_an_app_is_set_up_and_asked_at_the_next_sign_in(alice: Membership) -> None:
    seed, codes = set_up_app(alice)
    assert len(set(codes)) == 10
    question = asked(alice)
    assert question["methods"] == ["totp", "recovery_code"]
    assert (question["expires_in"], question["enrolment_required"]) == (300, False)
    pair = data_of(answered(question["mfa_token"], code=code_of(seed)))
    assert pair["user"]["email"] == alice.user.email
    assert Session.objects.latest("created_at").method == "password+totp"


def test_the_enrolment_shows_what_an_app_reads(alice: Membership) -> None:
    enrolment = data_of(api(alice).post(f"{AUTH}/factors/apps"))
    assert enrolment["otpauth_uri"].startswith("otpauth://totp/North:")
    assert f"secret={enrolment['secret']}" in enrolment["otpauth_uri"]
    assert enrolment["qr_svg"].startswith("<svg")
    assert "script" not in enrolment["qr_svg"]


def test_an_unconfirmed_app_is_not_asked(alice: Membership) -> None:
    client = api(alice)
    enrolment = data_of(client.post(f"{AUTH}/factors/apps"))
    path = f"{AUTH}/factors/apps/{enrolment['id']}/confirmations"
    wrong = client.post(path, {"code": wrong_code(enrolment["secret"])})
    assert wrong.json()["details"][0]["field"] == "code"
    assert login(alice).status_code == 200
    assert data_of(client.get(f"{AUTH}/factors")) == []
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=False):
        late = api(alice).post(path, {"code": code_of(enrolment["secret"])})
    assert late.json()["code"] == "GONE"


def test_r18_a_code_works_once_and_older_ones_never(alice: Membership) -> None:
    """RFC 6238, section 5.2: a replayed code is refused, also one of an earlier step."""
    seed, _codes = set_up_app(alice)
    moment = clock.now() + timedelta(minutes=2)
    with time_machine.travel(moment, tick=False):
        code, older, next_one = code_of(seed), code_of(seed, -1), code_of(seed, 1)
        assert answered(asked(alice)["mfa_token"], code=code).status_code == 200
        for used in (code, older):
            answer = answered(asked(alice)["mfa_token"], code=used)
            assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")
        assert answered(asked(alice)["mfa_token"], code=next_one).status_code == 200


def test_a_code_two_steps_away_is_refused(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        for step in (-2, 2):
            assert answered(asked(alice)["mfa_token"], code=code_of(seed, step)).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_code_one_signs_in(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    tokens = [asked(alice)["mfa_token"] for _ in range(2)]
    code, start = code_of(seed), Barrier(2)

    def tab(token: str) -> int:
        start.wait()
        try:
            status: int = answered(token, code=code).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as tabs:
        assert sorted(tabs.map(tab, tokens)) == [200, 401]


def test_the_code_of_another_person_is_refused(alice: Membership, bob: Membership) -> None:
    set_up_app(alice)
    seed, codes = set_up_app(bob)
    token = asked(alice)["mfa_token"]
    assert answered(token, code=code_of(seed)).status_code == 401
    assert answered(token, recovery_code=codes[0]).status_code == 401


def test_five_wrong_codes_end_the_step_and_close_the_door(alice: Membership) -> None:
    """P18: wrong codes count as failed sign-ins of the account and address."""
    seed, _codes = set_up_app(alice)
    spare = asked(alice)["mfa_token"]
    token = asked(alice)["mfa_token"]
    statuses = [answered(token, code=wrong_code(seed)).status_code for _ in range(5)]
    assert statuses == [401] * 5
    assert answered(token, code=code_of(seed)).json()["code"] == "GONE"
    assert answered(spare, code=code_of(seed)).json()["code"] == "RATE_LIMITED"
    assert login(alice).json()["code"] == "RATE_LIMITED"
    failed = [event for event in events_of(alice) if event.kind == "user.sign_in_failed"]
    assert len(failed) == 5


def test_guessing_from_many_addresses_is_bounded_too(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    for _ in range(4):
        challenge = SignInChallenge.objects.get(id=_id_of(asked(alice)["mfa_token"]))
        challenge.failures = 5
        challenge.save(update_fields=["failures"])
    answer = answered(asked(alice)["mfa_token"], code=code_of(seed))
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")


def _id_of(token: str) -> Any:
    return read_link(token, "second_factor")


def test_r18_a_recovery_code_works_once_however_it_is_typed(alice: Membership) -> None:
    _seed, codes = set_up_app(alice)
    typed = codes[3].upper().replace("-", " ")
    assert answered(asked(alice)["mfa_token"], recovery_code=typed).status_code == 200
    assert answered(asked(alice)["mfa_token"], recovery_code=codes[3]).status_code == 401
    assert data_of(api(alice).get(f"{AUTH}/recovery-codes")) == {"left": 9}
    assert "recovery_code.used" in acts_of(alice)


def test_new_recovery_codes_void_the_old_ones(alice: Membership) -> None:
    _seed, old = set_up_app(alice)
    new = data_of(api(alice).post(f"{AUTH}/recovery-codes"))["recovery_codes"]
    assert not set(old) & set(new)
    assert answered(asked(alice)["mfa_token"], recovery_code=old[0]).status_code == 401
    assert answered(asked(alice)["mfa_token"], recovery_code=new[0]).status_code == 200


def test_recovery_codes_need_a_factor(alice: Membership) -> None:
    answer = api(alice).post(f"{AUTH}/recovery-codes")
    assert (answer.status_code, answer.json()["details"]["rule"]) == (422, "no_factor")


def test_a_token_of_the_second_step_works_once(alice: Membership) -> None:
    seed, codes = set_up_app(alice)
    token = asked(alice)["mfa_token"]
    assert answered(token, code=code_of(seed)).status_code == 200
    assert answered(token, recovery_code=codes[0]).json()["code"] == "GONE"


def test_a_token_of_the_second_step_is_no_other_token(alice: Membership) -> None:
    """Token confusion: neither an access token, nor a link, nor a token of another step."""
    seed, _codes = set_up_app(alice)
    token = asked(alice)["mfa_token"]
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/v1/users/me").json()["code"] == "TOKEN_INVALID"
    refreshed = api(None).post(f"{AUTH}/refresh", {"refresh_token": token})
    assert refreshed.json()["code"] == "TOKEN_INVALID"
    handed = api(None).post(f"{AUTH}/handoffs", {"code": token})
    assert handed.json()["code"] == "TOKEN_INVALID"
    begun = api(None).post(f"{AUTH}/second-factors/enrolments", {"mfa_token": token})
    assert begun.json()["code"] == "TOKEN_INVALID"
    for forged in (token[:-2] + "AA", "x", "ü" * 48):
        assert answered(forged, code=code_of(seed)).json()["code"] == "TOKEN_INVALID"


def test_a_second_step_runs_out_after_five_minutes(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    token = asked(alice)["mfa_token"]
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1), tick=False):
        assert answered(token, code=code_of(seed)).json()["code"] == "GONE"


def test_a_person_who_is_switched_off_does_not_pass_the_second_step(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    token = asked(alice)["mfa_token"]
    Membership.objects.filter(id=alice.id).update(is_active=False)
    assert answered(token, code=code_of(seed)).json()["code"] == "ACCOUNT_INACTIVE"


def test_the_table_holds_no_seed_and_no_code(alice: Membership) -> None:
    seed, codes = set_up_app(alice)
    factor = Factor.objects.get(user_id=alice.user_id)
    assert seed.encode() not in bytes(factor.ciphertext or b"")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(f)::text FROM accounts_factor f")
        row = cursor.fetchone()[0]
    assert seed not in row
    stored = b"".join(bytes(one.code_hash) for one in RecoveryCode.objects.all())
    assert all(code.replace("-", "").encode() not in stored for code in codes)


def test_no_event_holds_a_seed_or_a_code(alice: Membership) -> None:
    seed, codes = set_up_app(alice)
    answered(asked(alice)["mfa_token"], recovery_code=codes[0])
    text = "".join(event.body for event in events_of(alice))
    assert not any(secret in text for secret in (seed, *codes))
    assert {"factor.added", "recovery_code.used"} <= set(acts_of(alice))


def test_a_new_app_takes_the_place_of_the_old_one(alice: Membership) -> None:
    old, _codes = set_up_app(alice)
    new, codes = set_up_app(alice)
    assert codes == []
    assert Factor.objects.filter(user_id=alice.user_id).count() == 1
    assert answered(asked(alice)["mfa_token"], code=code_of(old)).status_code == 401
    assert answered(asked(alice)["mfa_token"], code=code_of(new)).status_code == 200


def test_removing_the_last_factor_ends_the_question_and_the_codes(alice: Membership) -> None:
    set_up_app(alice)
    client = api(alice)
    (factor,) = data_of(client.get(f"{AUTH}/factors"))
    assert client.delete(f"{AUTH}/factors/{factor['id']}").status_code == 200
    assert login(alice).status_code == 200
    assert not RecoveryCode.objects.filter(user_id=alice.user_id).exists()
    assert "factor.removed" in acts_of(alice)


def test_a_factor_of_another_person_is_404(alice: Membership, mallory: Membership) -> None:
    set_up_app(alice)
    factor = Factor.objects.get(user_id=alice.user_id)
    client = api(mallory)
    for method in ("get", "delete"):
        assert getattr(client, method)(f"{AUTH}/factors/{factor.id}").status_code == 404
    renamed = client.patch(f"{AUTH}/factors/{factor.id}", {"name": "Mine"})
    assert renamed.status_code == 404


def test_a_factor_is_renamed(alice: Membership) -> None:
    set_up_app(alice)
    client = api(alice)
    (factor,) = data_of(client.get(f"{AUTH}/factors"))
    path = f"{AUTH}/factors/{factor['id']}"
    assert data_of(client.patch(path, {"name": "Phone <b>"}))["name"] == "Phone <b>"
    assert client.patch(path, {"name": "x" * 101}).status_code == 400
    assert client.patch(path, {"kind": "passkey"}).status_code == 400
    assert client.put(path, {"name": "Tablet"}).status_code == 200


def test_a_login_of_a_person_with_a_factor_costs_three_statements(alice: Membership) -> None:
    set_up_app(alice)
    asked(alice)
    with CaptureQueriesContext(connection) as queries:
        asked(alice)
    sql = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(sql) == 3, sql


def test_a_list_of_factors_costs_two_queries(alice: Membership) -> None:
    client = api(alice)

    def grow() -> None:
        number = Factor.objects.count()
        Factor.objects.create(
            organization_id=alice.organization_id, user=alice.user, kind="passkey", name="Key",
            credential_id=bytes([number]), credential=b"x", confirmed_at=clock.now(),
        )  # fmt: skip

    assert_constant_queries(lambda: client.get(f"{AUTH}/factors"), grow, at_most=2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mfa_token": "x"},
        {"mfa_token": "x", "code": "12345"},
        {"mfa_token": "x", "code": "\uff11\uff12\uff13\uff14\uff15\uff16"},
        {"mfa_token": "x", "code": "123456", "recovery_code": "y"},
        {"mfa_token": "x", "passkey": {}},
        {"mfa_token": "x", "passkey": {"challenge_id": "1", "credential": []}},
        {"mfa_token": "x" * 201, "code": "123456"},
        {"mfa_token": "x", "code": "123456", "face": "node"},
    ],
)
def test_a_wrong_body_is_400(db: None, body: Any) -> None:
    answer = api(None).post(f"{AUTH}/second-factors", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


# The old face has no second step: the six digits follow the password.


def node_login(person: Membership, password: str) -> Any:
    body = {"email": person.user.email, "password": password}
    return api(None).post("/api/auth/login", body)


def test_r18_on_the_old_face_the_code_follows_the_password(alice: Membership) -> None:
    seed, codes = set_up_app(alice)
    for wrong in (PASSWORD, PASSWORD + wrong_code(seed), "wrong" + code_of(seed)):
        answer = node_login(alice, wrong)
        assert (answer.status_code, answer.json()["error"]) == (401, "Invalid credentials")
    code = code_of(seed)
    assert node_login(alice, PASSWORD + code).status_code == 200
    assert node_login(alice, PASSWORD + code).status_code == 401
    assert node_login(alice, PASSWORD + codes[0]).status_code == 401


def test_a_password_that_ends_in_digits_is_no_other_on_the_old_face(owner: Membership) -> None:
    person = make_member(owner.organization, "client")
    person.user.set_password("horse staple 123456")
    person.user.save(update_fields=["password"])
    assert node_login(person, "horse staple 123456").status_code == 200


def test_the_admin_asks_for_the_code_too(owner: Membership, client: Any) -> None:
    seed, _codes = set_up_app(owner)
    form = {"username": owner.user.email, "password": PASSWORD}
    assert client.post("/admin/login/", form).status_code == 200
    form["password"] = PASSWORD + code_of(seed)
    assert client.post("/admin/login/", form).status_code == 302
