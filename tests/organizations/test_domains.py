"""Custom domains: claimed, proved by a text record, served, given up (P115, P105)."""

from typing import Any

import pytest

from apps.accounts.models import Membership
from apps.core import sites
from apps.organizations.models import Domain, Organization
from apps.organizations.services import organization_of_host
from tests.conftest import access_token, api
from tests.names import NameServer

URL = "/api/v1/organization/domains"
HOST = "portal.acme.example"


def claimed(person: Membership, host: str = HOST) -> dict[str, Any]:
    answer = api(person).post(URL, {"domain": host})
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()["data"]
    return found


def verified(person: Membership, names: NameServer, host: str = HOST) -> dict[str, Any]:
    claim = claimed(person, host)
    names.texts[claim["record"]["name"]] = ["v=spf1 -all", claim["record"]["value"]]
    answer = api(person).post(f"{URL}/{claim['id']}/verifications")
    assert answer.status_code == 200, answer.json()
    sites.forget_sites()  # a test's transaction does not commit, so nothing was forgotten for it
    return claim


def status_at(host: str, path: str = "/api/v1/bootstrap", **headers: str) -> int:
    return int(api(None).get(path, headers={"Host": host, **headers}).status_code)


def test_p115_a_claim_names_its_record_and_does_nothing_yet(owner: Membership) -> None:
    claim = claimed(owner)
    assert claim["record"]["name"] == f"_portico-verification.{HOST}"
    assert claim["record"]["value"].startswith("portico-verification=")
    assert claim["verified_at"] is None
    assert status_at(HOST) == 400
    document = api(owner).get("/api/v1/organization/config").json()["data"]
    assert document["branding"]["domains"] == [HOST]


def test_p115_the_record_proves_the_claim(
    owner: Membership, mallory: Membership, name_server: NameServer
) -> None:
    verified(mallory, name_server, "portal.south.example")
    verified(owner, name_server)
    for host, person in ((HOST, owner), ("portal.south.example", mallory)):
        answer = api(None).get("/api/v1/bootstrap", headers={"Host": host})
        assert answer.json()["data"]["organization"]["name"] == person.organization.name


@pytest.mark.parametrize("texts", [[], ["portico-verification=wrong"], ["portico-verification="]])
def test_p115_without_the_record_the_claim_stays_a_claim(
    owner: Membership, name_server: NameServer, texts: list[str]
) -> None:
    claim = claimed(owner)
    name_server.texts[claim["record"]["name"]] = texts
    answer = api(owner).post(f"{URL}/{claim['id']}/verifications")
    assert (answer.status_code, answer.json()["details"]["rule"]) == (422, "record_missing")
    assert status_at(HOST) == 400


def test_p115_name_servers_that_fail_are_told(owner: Membership, name_server: NameServer) -> None:
    claim = claimed(owner)
    name_server.broken = True
    answer = api(owner).post(f"{URL}/{claim['id']}/verifications")
    assert (answer.status_code, answer.json()["details"]["rule"]) == (503, "names_away")


def test_p115_a_domain_belongs_to_one_organization(
    owner: Membership, mallory: Membership, name_server: NameServer
) -> None:
    """Mallory may claim, but the proof is another one, and a proved name is taken."""
    mine = verified(owner, name_server)
    theirs = claimed(mallory)
    assert theirs["record"]["value"] != mine["record"]["value"]
    answer = api(mallory).post(f"{URL}/{theirs['id']}/verifications")
    assert answer.json()["details"]["rule"] == "record_missing"
    name_server.texts[theirs["record"]["name"]].append(theirs["record"]["value"])
    answer = api(mallory).post(f"{URL}/{theirs['id']}/verifications")
    assert (answer.status_code, answer.json()["code"]) == (409, "DUPLICATE")
    assert api(mallory).post(f"{URL}/{mine['id']}/verifications").status_code == 404


def test_p115_a_domain_given_up_is_served_no_more(
    owner: Membership, name_server: NameServer
) -> None:
    claim = verified(owner, name_server)
    assert status_at(HOST) == 200
    assert api(owner).delete(f"{URL}/{claim['id']}").status_code == 200
    sites.forget_sites()
    assert status_at(HOST) == 400
    assert not Domain.objects.exists()


@pytest.mark.parametrize(
    "host",
    ["localhost", "a", "https://a.example", "a.example:80", "a..b", "A.example", "*.a.example",
     "10.0.0.1", "a.example\n", "-a.bc"],
)  # fmt: skip
def test_p115_only_host_names_can_be_claimed(owner: Membership, host: str) -> None:
    assert api(owner).post(URL, {"domain": host}).status_code == 400


# -- whose is a host (P105) -------------------------------------------------------------------


@pytest.fixture
def served(settings: Any, db: None) -> None:
    settings.SERVED_HOSTS = [".portal.example", "testserver"]


@pytest.mark.usefixtures("served")
def test_p105_domain_then_slug_then_the_oldest(
    owner: Membership, mallory: Membership, name_server: NameServer
) -> None:
    north, south = owner.organization, mallory.organization
    verified(mallory, name_server, "north-portal.example.com")
    for host, organization in {
        "north-portal.example.com": south,
        "NORTH-portal.example.com:8443": south,
        f"{south.slug}.portal.example": south,
        f"{north.slug}.portal.example": north,
        "elsewhere.portal.example": north,
        "testserver": north,
    }.items():
        assert organization_of_host(host) == organization, host


def test_p105_a_locked_organization_has_no_host(mallory: Membership, owner: Membership) -> None:
    host = f"{mallory.organization.slug}.portal.example"
    Organization.objects.filter(id=mallory.organization_id).update(status="locked")
    assert organization_of_host(host) == owner.organization


@pytest.mark.usefixtures("served")
def test_p105_finding_the_tenant_of_a_host_is_one_query(
    owner: Membership, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        organization_of_host(f"{owner.organization.slug}.portal.example")


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("path", ["clients", "organization/config", "users/me"])
def test_p105_a_credential_of_another_organization_is_404(
    owner: Membership, mallory: Membership, name_server: NameServer, path: str
) -> None:
    """On a host that is one organization's own: its domain, or its name below the portal's."""
    verified(owner, name_server)
    own, foreign = (f"Bearer {access_token(person)}" for person in (owner, mallory))
    for host in (HOST, f"{owner.organization.slug}.portal.example"):
        for _twice in range(2):  # the second read takes the short way
            assert status_at(host, f"/api/v1/{path}", Authorization=own) == 200
            assert status_at(host, f"/api/v1/{path}", Authorization=foreign) == 404
    assert status_at("testserver", f"/api/v1/{path}", Authorization=foreign) == 200


# -- hosts that nobody goes by ------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["evil.example", "testserver.evil.example", "a b", "", "x/y", "testserver@evil.example",
     "[::1", "testserver:port"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/users/me", "/", "/admin/login/", "/health", "/api/me"])
def test_p115_an_unknown_host_is_refused_and_not_repeated(db: None, host: str, path: str) -> None:
    answer = api(None).get(path, headers={"Host": host})
    if host:
        assert answer.status_code == 400
        assert "evil" not in answer.content.decode()
    assert "evil" not in answer.get("Location", "")


def test_p115_an_unknown_host_never_gets_a_redirect(
    db: None, settings: Any, name_server: NameServer
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert status_at("evil.example", "/") == 400


def test_a_static_host_costs_no_query(owner: Membership, django_assert_num_queries: Any) -> None:
    client = api(owner)
    client.get("/api/v1/clients")
    with django_assert_num_queries(1):
        assert client.get("/api/v1/clients").status_code == 200


def test_a_domains_facts_are_asked_at_most_every_two_seconds(
    owner: Membership, name_server: NameServer, django_assert_num_queries: Any
) -> None:
    verified(owner, name_server)
    client = api(owner)
    for _twice in range(2):
        client.get("/api/v1/clients", headers={"Host": HOST})
    with django_assert_num_queries(1):
        assert client.get("/api/v1/clients", headers={"Host": HOST}).status_code == 200
