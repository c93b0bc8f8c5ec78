"""Step-up: what matters most asks for a proof that is younger than ten minutes (R25)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.errors import ProofRequired
from apps.accounts.models import Membership, Session
from apps.accounts.services import require_recent_proof
from apps.clients.models import Client
from apps.core import clock
from apps.core.actors import Actor
from apps.core.tenancy import organization_scope
from tests.accounts.authenticator import Authenticator
from tests.accounts.factors import (
    AUTH,
    add_passkey,
    assertion,
    code_of,
    data_of,
    here,
    set_up_app,
    wrong_code,
)
from tests.conftest import Api, api, events_of, keyed
from tests.factories import PASSWORD
from tests.invoices.factories import make_invoice

pytestmark = pytest.mark.usefixtures("early_in_a_step")


def old(client: Api, person: Membership, minutes: int = 11) -> Api:
    """Let the last proof of the person's newest session be some minutes old."""
    session = Session.objects.filter(user_id=person.user_id).latest("created_at")
    session.proved_at = clock.now() - timedelta(minutes=minutes)
    session.save(update_fields=["proved_at"])
    return client


def is_asked(answer: Any) -> bool:
    body = answer.json()
    is_rule = (body["details"] or {}).get("rule") == "proof_required"
    return (answer.status_code, body.get("code"), is_rule) == (403, "PERMISSION_DENIED", True)


@pytest.fixture
def stale(alice: Membership) -> Api:
    """Alice with an app, and a session whose proof is eleven minutes old."""
    set_up_app(alice)
    return old(api(alice), alice)


def test_r25_factors_ask_for_a_recent_proof(alice: Membership, stale: Api) -> None:
    (factor,) = data_of(stale.get(f"{AUTH}/factors"))
    here(stale)
    requests = [
        stale.post(f"{AUTH}/factors/apps"),
        stale.post(f"{AUTH}/factors/passkey-registrations"),
        stale.post(f"{AUTH}/recovery-codes"),
        stale.delete(f"{AUTH}/factors/{factor['id']}"),
    ]
    assert all(is_asked(answer) for answer in requests)
    assert requests[0].json()["details"]["methods"] == ["totp", "password"]
    assert stale.patch(f"{AUTH}/factors/{factor['id']}", {"name": "Phone"}).status_code == 200


def test_r25_a_password_renews_the_proof_for_ten_minutes(alice: Membership, stale: Api) -> None:
    until = data_of(stale.post(f"{AUTH}/proofs", {"password": PASSWORD}))["proved_until"]
    assert until > clock.iso(clock.now() + timedelta(minutes=9))
    assert stale.post(f"{AUTH}/recovery-codes").status_code == 201
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
        assert is_asked(stale.post(f"{AUTH}/recovery-codes"))


def test_r25_a_code_or_a_passkey_renews_it_too(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    key = add_passkey(alice)
    for proof in ({"code": code_of(seed)}, {"passkey": assertion(key)}):
        client = here(old(api(alice), alice))
        assert client.post(f"{AUTH}/proofs", proof).status_code == 201
        assert client.post(f"{AUTH}/recovery-codes").status_code == 201


def test_a_wrong_proof_is_refused_and_counted(
    alice: Membership, stale: Api, mallory: Membership
) -> None:
    foreign = add_passkey(mallory)
    here(stale)
    proofs: list[dict[str, Any]] = [
        {"password": "wrong"},
        {"passkey": assertion(foreign)},
        {"passkey": assertion(Authenticator())},
        {"code": "000000"},
        {"password": "wrong again"},
    ]
    for proof in proofs:
        answer = stale.post(f"{AUTH}/proofs", proof)
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")
    answer = stale.post(f"{AUTH}/proofs", {"password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert is_asked(stale.post(f"{AUTH}/recovery-codes"))


def test_a_replayed_code_is_no_proof(alice: Membership) -> None:
    seed, _codes = set_up_app(alice)
    client = old(api(alice), alice)
    code = code_of(seed)
    assert client.post(f"{AUTH}/proofs", {"code": code}).status_code == 201
    assert client.post(f"{AUTH}/proofs", {"code": code}).status_code == 401
    assert client.post(f"{AUTH}/proofs", {"code": wrong_code(seed)}).status_code == 401


def test_a_recovery_code_is_no_proof(alice: Membership) -> None:
    _seed, codes = set_up_app(alice)
    answer = api(alice).post(f"{AUTH}/proofs", {"recovery_code": codes[0]})
    assert answer.status_code == 400


def test_a_refresh_is_no_proof(alice: Membership) -> None:
    body = {"email": alice.user.email, "password": PASSWORD}
    pair = data_of(api(None).post(f"{AUTH}/login", body))
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        body = {"refresh_token": pair["refresh_token"]}
        new = data_of(api(None).post(f"{AUTH}/refresh", body))
        client = api(None)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {new['access_token']}")
        assert is_asked(client.post(f"{AUTH}/factors/apps"))


def test_the_proof_of_one_session_is_none_of_another(alice: Membership) -> None:
    first = old(api(alice), alice)
    second = api(alice)
    assert second.post(f"{AUTH}/proofs", {"password": PASSWORD}).status_code == 201
    assert is_asked(first.post(f"{AUTH}/factors/apps"))


def test_a_proof_is_in_the_audit(alice: Membership) -> None:
    api(alice).post(f"{AUTH}/proofs", {"password": PASSWORD})
    assert "session.proved" in events_of(alice)[-1].body


def test_a_machine_can_give_no_proof(owner: Membership) -> None:
    """An API key acts without a session: it is refused, and no way is offered."""
    with pytest.raises(ProofRequired) as refusal:
        require_recent_proof(owner.actor())
    assert refusal.value.details["methods"] == []


def test_the_system_needs_no_proof(owner: Membership) -> None:
    require_recent_proof(Actor.system(owner.organization_id))


def test_a_recent_proof_costs_one_query(owner: Membership) -> None:
    api(owner)
    session = Session.objects.latest("created_at")
    with CaptureQueriesContext(connection) as queries:
        require_recent_proof(owner.actor(session.id))
    assert len(queries) == 1


def test_webhooks_ask_for_a_recent_proof(owner: Membership) -> None:
    client = api(owner)
    body = {"url": "https://127.0.0.1/hook", "events": ["*"]}
    endpoint = data_of(client.post("/api/v1/webhook-endpoints", body, headers=keyed()))
    old(client, owner)
    path = f"/api/v1/webhook-endpoints/{endpoint['id']}"
    assert is_asked(client.post("/api/v1/webhook-endpoints", body, headers=keyed()))
    assert is_asked(client.patch(path, {"url": "https://127.0.0.1/other"}))
    assert is_asked(client.post(f"{path}/secrets", {}, headers=keyed()))
    assert client.patch(path, {"description": "Ours"}).status_code == 200


def test_a_payment_asks_only_where_the_organization_wants_it(
    alice: Membership, client_a: Client
) -> None:
    """The issue's step-up for payments: `security.step_up_payments`, off by default."""
    organization = client_a.organization
    with organization_scope(organization.id):
        invoice = make_invoice(client_a)
    path, wish = f"/api/v1/invoices/{invoice.id}/payments", {"provider": "fake"}
    client = old(api(alice), alice)
    organization.settings["security"]["step_up_payments"] = True
    organization.save(update_fields=["settings"])
    assert is_asked(client.post(path, wish, headers=keyed()))
    organization.settings["security"]["step_up_payments"] = False
    organization.save(update_fields=["settings"])
    assert client.post(path, wish, headers=keyed()).status_code == 202


@pytest.mark.parametrize(
    "body",
    [{}, {"password": ""}, {"password": "x", "code": "123456"}, {"code": 1}, {"passkey": "x"}, []],
)
def test_a_wrong_body_is_400(alice: Membership, body: Any) -> None:
    assert api(alice).post(f"{AUTH}/proofs", body).status_code == 400
