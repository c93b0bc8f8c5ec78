"""Who a proved identity becomes, roles by groups, ways that are closed (P14, R20, P111, X13)."""

from dataclasses import replace
from typing import Any

import pytest

from apps.accounts.models import ExternalIdentity, Membership, Session, User
from apps.clients.models import Client, Contact
from apps.clients.services import contacts_after_sign_on
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from simulators.oidc import OidcSimulator, Person
from tests.accounts.sign_on.browsing import (
    member,
    oauth_entry,
    rule_of,
    sign_on,
    signed_in,
    with_providers,
)
from tests.accounts.sign_on.conftest import PAT
from tests.conftest import access_token, api, events_of
from tests.factories import PASSWORD, make_organization

GROUPS = {"leads": "admin", "makers": "staff", "money": "accountant"}


def with_email(person: Membership, email: str) -> Membership:
    person.user.email = email
    person.user.save(update_fields=["email"])
    return person


def login(email: str) -> Any:
    return api(None).post("/api/v1/auth/login", {"email": email, "password": PASSWORD})


def kinds(north: Organization) -> list[str]:
    return [event.kind for event in events_of(north) if "secret.stored" not in event.data]


def acts(north: Organization) -> list[str]:
    told = [event.data for event in events_of(north) if event.kind == "audit.recorded"]
    return [data for data in told if "secret.stored" not in data]


# -- made, linked, refused --------------------------------------------------------------------


def test_p14_a_new_person_is_made_without_a_password(north: Organization) -> None:
    membership = member(signed_in(sign_on(north)))
    assert (membership.role, membership.client_ids) == ("client", [])
    assert not membership.user.has_usable_password()
    assert login("pat@client.example").json()["code"] == "INVALID_CREDENTIALS"
    assert kinds(north) == ["user.registered", "user.signed_in", "user.sign_in_failed"]


def test_x13_a_member_is_linked_by_a_verified_mail_of_a_named_domain(
    north: Organization, staff: Membership
) -> None:
    with_email(staff, "PAT@client.example")
    assert signed_in(sign_on(north))["user"]["id"] == str(staff.user_id)
    (told,) = acts(north)
    assert "identity.linked" in told


@pytest.mark.parametrize(
    ("person", "rule"),
    [
        (replace(PAT, email_verified=False), "email_unverified"),
        (replace(PAT, email=""), "email_missing"),
        (replace(PAT, email="nonsense"), "email_missing"),
        (replace(PAT, email="pat@elsewhere.example"), "email_domain"),
        (replace(PAT, email="pat@client.example.evil.example"), "email_domain"),
        (replace(PAT, email="pat@client.example@evil.example"), "email_missing"),
        (replace(PAT, email="pat@evil.example@client.example"), "email_missing"),
        (replace(PAT, email="pat@cl\x00ient.example"), "email_missing"),
        (replace(PAT, email="p" * 239 + "@client.example.evil.example"), "email_missing"),
        (replace(PAT, email="pat @client.example"), "email_missing"),
    ],
)
def test_x13_an_address_that_proves_nothing_makes_and_links_nobody(
    north: Organization, oidc: OidcSimulator, staff: Membership, person: Person, rule: str
) -> None:
    with_email(staff, "pat@client.example")
    oidc.person = person
    assert rule_of(sign_on(north)) == (403, "PERMISSION_DENIED", rule)
    with organization_scope(north.id):
        assert not ExternalIdentity.objects.exists()
    assert not Session.objects.exists()


def test_x13_without_named_domains_no_mail_links_anybody(
    organization: Organization, oidc: OidcSimulator, staff: Membership
) -> None:
    with_providers(organization, oauth_entry(oidc, domains=[]))
    with_email(staff, "pat@client.example")
    assert rule_of(sign_on(organization)) == (403, "PERMISSION_DENIED", "account_exists")
    oidc.person = replace(PAT, sub="p-2", email="kim@anywhere.example")
    signed_in(sign_on(organization))


def test_x13_a_person_of_another_organization_is_out_of_reach(
    north: Organization, mallory: Membership, staff: Membership
) -> None:
    """A studio that sets its provider up must not come into accounts of others through it."""
    with_email(mallory, "pat@client.example")
    assert rule_of(sign_on(north)) == (403, "PERMISSION_DENIED", "account_exists")
    with_email(mallory, "mallory@example.com")
    with_email(staff, "pat@client.example")
    Membership.objects.create(organization=make_organization(), user=staff.user, role="owner")
    assert rule_of(sign_on(north)) == (403, "PERMISSION_DENIED", "account_exists")


def test_a_provider_may_be_told_to_make_nobody(
    organization: Organization, oidc: OidcSimulator
) -> None:
    with_providers(organization, oauth_entry(oidc, create_people=False))
    assert rule_of(sign_on(organization)) == (403, "PERMISSION_DENIED", "no_account")
    assert not User.objects.filter(email=PAT.email).exists()


def test_a_studio_may_vouch_for_the_addresses_of_its_provider(
    organization: Organization, oidc: OidcSimulator
) -> None:
    oidc.person = replace(PAT, email_verified=False)
    with_providers(organization, oauth_entry(oidc, emails_verified=True))
    signed_in(sign_on(organization))


@pytest.mark.parametrize("what", ["membership", "user"])
def test_a_person_who_was_switched_off_is_not_revived(north: Organization, what: str) -> None:
    membership = member(signed_in(sign_on(north)))
    row: Any = membership if what == "membership" else membership.user
    row.is_active = False
    row.save(update_fields=["is_active"])
    assert rule_of(sign_on(north))[:2] == (403, "ACCOUNT_INACTIVE")


def test_names_of_a_provider_hold_no_control_characters(
    north: Organization, oidc: OidcSimulator
) -> None:
    oidc.person = replace(PAT, given_name="Pat\r\nBcc: x@evil.example", family_name="P" * 300)
    user = member(signed_in(sign_on(north))).user
    assert (user.first_name, len(user.last_name)) == ("PatBcc: x@evil.example", 100)


# -- client companies -------------------------------------------------------------------------


def test_r20_people_of_a_client_company_become_its_contacts(
    client_a: Client, oidc: OidcSimulator
) -> None:
    north = client_a.organization
    entry = oauth_entry(oidc, client_company_id=str(client_a.id), contact_role="approver")
    with_providers(north, entry)
    data = signed_in(sign_on(north))
    membership = member(data)
    assert (membership.client_ids, membership.contact_roles) == ([client_a.id], ["approver"])
    events = [event for event in events_of(north) if event.kind == "user.registered"]
    with organization_scope(north.id):
        for _ in range(2):  # a consumer may run again
            contacts_after_sign_on(events)
        contact = Contact.objects.get()
    assert (contact.client_id, contact.user_id) == (client_a.id, membership.user_id)
    assert (contact.role, contact.first_name) == ("approver", "Pat")
    assert kinds(north)[-1] == "contact.created"


def test_r20_a_contact_whose_access_was_taken_does_not_get_it_back(
    client_a: Client, oidc: OidcSimulator
) -> None:
    north = client_a.organization
    with_providers(north, oauth_entry(oidc, client_company_id=str(client_a.id)))
    membership = member(signed_in(sign_on(north)))
    membership.client_ids, membership.contact_roles = [], []
    membership.save(update_fields=["client_ids", "contact_roles"])
    assert member(signed_in(sign_on(north))).client_ids == []


def test_r20_a_company_of_another_organization_gets_no_contact(
    organization: Organization, oidc: OidcSimulator, mallory: Membership
) -> None:
    with organization_scope(mallory.organization_id):
        foreign = Client.objects.create(organization=mallory.organization, name="Foreign")
    with_providers(organization, oauth_entry(oidc, client_company_id=str(foreign.id)))
    data = signed_in(sign_on(organization))
    events = [event for event in events_of(organization) if event.kind == "user.registered"]
    with organization_scope(organization.id):
        contacts_after_sign_on(events)
        assert not Contact.objects.exists()
    client = api(member(data))
    assert client.get("/api/v1/clients").json()["data"] == []
    assert client.get(f"/api/v1/clients/{foreign.id}").status_code == 404


def test_r20_a_company_cannot_sign_in_people_of_the_studio(
    client_a: Client, oidc: OidcSimulator, staff: Membership
) -> None:
    north = client_a.organization
    with_providers(north, oauth_entry(oidc, client_company_id=str(client_a.id), role_map=GROUPS))
    with_email(staff, "pat@client.example")
    assert rule_of(sign_on(north)) == (403, "PERMISSION_DENIED", "team_member")
    oidc.person = replace(PAT, sub="p-2", email="kim@client.example", groups=("leads",))
    assert signed_in(sign_on(north))["user"]["role"] == "client"


# -- roles ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (("leads",), "admin"),
        (("money",), "accountant"),
        (("makers", "money", "unheard"), "staff"),
        (("unheard",), "client"),
        ((), "client"),
    ],
)
def test_p111_groups_give_the_strongest_role(
    organization: Organization, oidc: OidcSimulator, groups: tuple[str, ...], role: str
) -> None:
    with_providers(organization, oauth_entry(oidc, role_map=GROUPS))
    oidc.person = replace(PAT, groups=groups)
    membership = member(signed_in(sign_on(organization)))
    assert (membership.role, membership.user.is_staff) == (role, role == "admin")


def test_p111_a_lost_group_is_recorded_and_ends_other_sessions(
    organization: Organization, oidc: OidcSimulator
) -> None:
    with_providers(organization, oauth_entry(oidc, role_map=GROUPS))
    oidc.person = replace(PAT, groups=("leads",))
    membership = member(signed_in(sign_on(organization)))
    access_token(membership)
    oidc.person = replace(PAT, groups=("makers",))
    assert signed_in(sign_on(organization))["user"]["role"] == "staff"
    reasons = Session.objects.filter(user_id=membership.user_id).order_by("created_at")
    assert list(reasons.values_list("revoked_reason", flat=True)) == [
        "role_changed", "role_changed", "",
    ]  # fmt: skip
    (told,) = acts(organization)
    assert '"role.changed"' in told
    assert '"before":{"role":"admin"}' in told.replace(" ", "")
    assert not member({"user": {"id": membership.user_id}}).user.is_staff


def test_p111_a_gained_role_leaves_sessions_alone(
    organization: Organization, oidc: OidcSimulator
) -> None:
    with_providers(organization, oauth_entry(oidc, role_map=GROUPS))
    oidc.person = replace(PAT, groups=("makers",))
    signed_in(sign_on(organization))
    oidc.person = replace(PAT, groups=("leads",))
    assert signed_in(sign_on(organization))["user"]["role"] == "admin"
    assert Session.objects.filter(revoked_at__isnull=True).count() == 2


def test_p111_no_provider_makes_or_unmakes_an_owner(
    organization: Organization, oidc: OidcSimulator, owner: Membership
) -> None:
    with_providers(
        organization,
        oauth_entry(oidc, name="bad", default_role="owner"),
        oauth_entry(oidc, name="worse", role_map={"x": "owner"}),
        oauth_entry(oidc, role_map=GROUPS),
    )
    for name in ("bad", "worse"):
        answer = api(None).post(f"/api/v1/auth/sso/{name}/starts", {})
        assert answer.status_code == 404
    with_email(owner, "pat@client.example")
    assert signed_in(sign_on(organization))["user"]["role"] == "owner"


def test_p111_a_contact_stays_one_whatever_his_groups_say(
    client_a: Client, alice: Membership, oidc: OidcSimulator
) -> None:
    north = client_a.organization
    with_providers(north, oauth_entry(oidc, role_map=GROUPS))
    with_email(alice, "pat@client.example")
    oidc.person = replace(PAT, groups=("leads",))
    assert signed_in(sign_on(north))["user"]["role"] == "client"
    assert member({"user": {"id": alice.user_id}}).client_ids == [client_a.id]
