"""Secrets of the settings document: written, named, never shown (C11)."""

import logging
from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.core.logs import JSONFormatter, log
from apps.core.tenancy import organization_scope
from apps.organizations.errors import UnknownSecret
from apps.organizations.models import Organization, OrganizationSecret
from apps.organizations.services import secret_of
from tests.conftest import api, assert_constant_queries, events_of
from tests.factories import make_member

URL = "/api/v1/organization/secrets"
VALUE = "correct-horse-battery-staple"


def put(person: Membership, name: str = "sf_key", value: str = VALUE) -> Any:
    return api(person).put(f"{URL}/{name}", {"value": value})


def test_c11_a_secret_is_written_and_never_shown(owner: Membership) -> None:
    answer = put(owner)
    assert answer.status_code == 200
    shown = api(owner).get(URL).json()["data"]
    assert [(row["name"], row["last_four"]) for row in shown] == [("sf_key", VALUE[-4:])]
    for text in (answer.content, api(owner).get(URL).content):
        assert VALUE.encode() not in text
    assert api(owner).get(f"{URL}/sf_key").status_code == 405
    assert secret_of(owner.organization_id, "sf_key") == VALUE


def test_c11_a_secret_is_replaced_under_its_name(owner: Membership) -> None:
    put(owner)
    put(owner, value="another value of it")
    assert secret_of(owner.organization_id, "sf_key") == "another value of it"
    assert len(api(owner).get(URL).json()["data"]) == 1


def test_c11_what_the_document_refers_to_stays(owner: Membership) -> None:
    provider = {
        "name": "company", "type": "oauth", "issuer": "https://login.client.example",
        "client_id": "portal", "client_secret": {"secret_ref": "oidc"},
    }  # fmt: skip
    config = "/api/v1/organization/config"
    (notice,) = (
        api(owner).patch(config, {"apis": {"authProviders": [provider]}}).json()["data"]["notices"]
    )
    assert (notice["field"], notice["code"]) == (
        "apis.authProviders.0.client_secret", "secret_missing",
    )  # fmt: skip
    put(owner, "oidc")
    refused = api(owner).delete(f"{URL}/oidc")
    assert (refused.status_code, refused.json()["details"]["rule"]) == (409, "secret_in_use")
    api(owner).patch(config, {"apis": {"authProviders": []}})
    assert api(owner).delete(f"{URL}/oidc").status_code == 200
    assert api(owner).delete(f"{URL}/oidc").status_code == 404
    with pytest.raises(UnknownSecret):
        secret_of(owner.organization_id, "oidc")


@pytest.mark.parametrize("name", ["A", "1st", "a-b", "x" * 41, "a%0a", "..", "a b"])
def test_a_name_has_its_form(owner: Membership, name: str) -> None:
    assert put(owner, name).status_code in {400, 404}


@pytest.mark.parametrize("body", [{}, {"value": ""}, {"value": "x" * 20_001}, {"value": "a\x00"},
                                  {"value": VALUE, "note": "x"}])  # fmt: skip
def test_a_value_has_its_bounds(owner: Membership, body: Any) -> None:
    answer = api(owner).put(f"{URL}/sf_key", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert VALUE not in answer.content.decode()


def test_p11_secrets_of_others_are_not_there(owner: Membership, mallory: Membership) -> None:
    put(owner)
    assert api(mallory).get(URL).json()["data"] == []
    assert api(mallory).delete(f"{URL}/sf_key").status_code == 404
    put(mallory, value="of another organization")
    assert secret_of(owner.organization_id, "sf_key") == VALUE
    with organization_scope(mallory.organization_id):
        assert OrganizationSecret.objects.count() == 1


def test_an_admin_may_store_secrets(organization: Organization) -> None:
    assert put(make_member(organization, "admin")).status_code == 200


def test_p22_storing_and_removing_are_audited_without_the_value(owner: Membership) -> None:
    put(owner)
    api(owner).delete(f"{URL}/sf_key")
    bodies = [event.data for event in events_of(owner) if event.kind == "audit.recorded"]
    assert ["secret.stored" in bodies[0], "secret.removed" in bodies[1]] == [True, True]
    assert not any(VALUE in body for body in bodies)


def test_the_list_costs_one_query(owner: Membership) -> None:
    names = iter("abcdefghijklmnop")
    client = api(owner)
    assert_constant_queries(lambda: client.get(URL), lambda: put(owner, next(names)), at_most=1)


def test_r203_attempts_to_log_a_secret_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    """Extras by their names, and texts that have the form of a token whatever their name."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
    hook, key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "sk_live_5a0f6f2b9f0c4c0f8f1e2d3c"
    with caplog.at_level(logging.INFO):
        log.info("token %s", token, extra={"secret": VALUE, "client_secret": VALUE, "note": hook})
        log.info("call", extra={"headers": {"Authorization": f"Bearer {token}", "x": key}})
        log.info("call", extra={"url": f"https://a.example/?token={token}&code=1"})
        try:
            int(f"bad key {key}")
        except ValueError:
            log.exception("failed")
    text = "\n".join(JSONFormatter().format(record) for record in caplog.records)
    for hidden in (token, VALUE, hook, key):
        assert hidden not in text
    assert "failed" in text
