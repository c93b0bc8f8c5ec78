"""Invitations: who may invite whom, and how the person comes in (P06, R8, R15, C17, C18)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.accounts.links import INVITATION, link_text
from apps.accounts.models import Invitation, Membership, OneTimeLink, User
from apps.accounts.services import invite, issue_link
from apps.clients.models import Client, Contact
from apps.core import clock
from apps.core.tenancy import organization_scope
from apps.core.throttles import RateLimited
from tests.accounts.letters import letters, path_in, post, token_in
from tests.conftest import Api, api, assert_constant_queries, events_of
from tests.factories import PASSWORD, make_client, make_member, make_organization, numbers

URL = "/api/v1/invitations"
SECRET = "a quiet lighthouse"
ANN = {"password": SECRET, "first_name": "Ann", "last_name": "Lee"}


def ask(person: Membership, email: str, role: str, client: Client | None = None) -> Any:
    body = {"email": email, "role": role} | ({"client_id": str(client.id)} if client else {})
    return api(person).post(URL, body)


def invited(person: Membership, client: Client, email: str = "ann@example.com") -> str:
    """Invite a contact and return the text of the link."""
    made = ask(person, email, "client", client)
    assert made.status_code == 201
    invitation = Invitation.objects.get(id=made.json()["data"]["id"])
    return link_text(invitation.id, INVITATION)


def as_bearer(answer: Any) -> Api:
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['data']['access_token']}")
    return client


def test_p06_an_invited_contact_joins_by_mail_and_sees_his_company_at_once(
    staff: Membership, client_a: Client, client_b: Client, public_url: str
) -> None:
    """R8: one mail with one button."""
    made = ask(staff, "Ann@Example.com", "client", client_a)
    assert made.status_code == 201
    shown = made.json()["data"]
    assert (shown["email"], shown["role"], shown["status"]) == (
        "ann@example.com", "client", "pending",
    )  # fmt: skip
    assert made["Location"] == f"{URL}/{shown['id']}"
    (mail,) = letters(staff)
    assert (mail.to_address, mail.user_id) == ("ann@example.com", None)
    assert mail.subject == "Staff Tester invites you to North"
    assert path_in(mail).startswith("/invitations/")
    assert "for Acme" in mail.text
    answer = post("/auth/register", token=token_in(mail), **ANN)
    assert answer.status_code == 200
    mine = as_bearer(answer)
    assert [row["name"] for row in mine.get("/api/v1/clients").json()["data"]] == ["Acme"]
    me = mine.get("/api/v1/users/me").json()["data"]
    assert (me["role"], me["first_name"], me["client_ids"]) == ("client", "Ann", [str(client_a.id)])
    assert api(staff).get(f"{URL}/{shown['id']}").json()["data"]["status"] == "accepted"
    assert {"user.invited", "user.registered", "contact.created", "user.signed_in"} <= {
        event.kind for event in events_of(staff)
    }
    user = User.objects.get(email="ann@example.com")
    assert user.email_verified_at is not None


def test_the_text_of_an_invitation_is_in_its_mail_and_nowhere_else(
    staff: Membership, client_a: Client, public_url: str
) -> None:
    text = invited(staff, client_a)
    assert not any(text in (event.body or "") for event in events_of(staff))
    assert text not in api(staff).get(URL).content.decode()


@pytest.mark.parametrize("role", ["owner", "admin", "staff", "accountant"])
def test_p06_no_body_yields_a_role(staff: Membership, client_a: Client, role: str) -> None:
    """R15: the role comes from the invitation only."""
    text = invited(staff, client_a)
    refused = post("/auth/register", token=text, role=role, **ANN)
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (400, "role")
    assert post("/auth/register", token=text, **ANN).json()["data"]["user"]["role"] == "client"


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("owner", "owner", 201), ("owner", "admin", 201), ("owner", "accountant", 201),
        ("admin", "owner", 403), ("admin", "admin", 201), ("admin", "staff", 201),
        ("staff", "owner", 403), ("staff", "admin", 403), ("staff", "staff", 403),
        ("accountant", "staff", 403), ("alice", "staff", 403),
    ],
)  # fmt: skip
def test_c18_who_may_invite_whom(
    who: str, role: str, status: int, cast: dict[str, Membership | None], owner: Membership
) -> None:
    person = cast.get(who) or make_member(owner.organization, "admin")
    assert ask(person, "ann@example.com", role).status_code == status


def test_c18_staff_see_and_end_invitations_of_contacts_only(
    owner: Membership, staff: Membership, client_a: Client, mallory: Membership
) -> None:
    team = ask(owner, "ann@example.com", "admin").json()["data"]["id"]
    contact = ask(owner, "ben@example.com", "client", client_a).json()["data"]["id"]
    assert [row["id"] for row in api(staff).get(URL).json()["data"]] == [contact]
    for person in (staff, mallory):
        assert api(person).get(f"{URL}/{team}").status_code == 404
        assert api(person).delete(f"{URL}/{team}").status_code == 404
    assert api(mallory).post(f"{URL}/{contact}/resends").status_code == 404
    assert api(staff).delete(f"{URL}/{contact}").status_code == 200
    admin = make_member(owner.organization, "admin")
    boss = ask(owner, "boss@example.com", "owner").json()["data"]["id"]
    assert api(admin).delete(f"{URL}/{boss}").status_code == 403


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"role": "client"}, "client_id"),
        ({"role": "staff", "client_id": "a"}, "client_id"),
        ({"role": "boss"}, "role"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.com\r\nBcc: eve@example.com"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
        ({"status": "accepted"}, "status"),
    ],
)
def test_p21_a_wrong_field_of_an_invitation_is_named(
    owner: Membership, fields: dict[str, str], field: str
) -> None:
    answer = api(owner).post(URL, {"email": "ann@example.com", "role": "staff"} | fields)
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, field)


def test_a_client_of_another_studio_cannot_be_named(owner: Membership, mallory: Membership) -> None:
    foreign = make_client(mallory.organization, "Foreign")
    answer = ask(owner, "ann@example.com", "client", foreign)
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "client_id")


def test_r13_an_address_with_an_account_elsewhere_is_invited_like_any_other(
    staff: Membership, client_a: Client, mallory: Membership
) -> None:
    known = ask(staff, mallory.user.email, "client", client_a)
    fresh = ask(staff, "ann@example.com", "client", client_a)
    assert known.status_code == fresh.status_code == 201
    assert known.json()["data"].keys() == fresh.json()["data"].keys()
    assert known.json()["data"]["status"] == fresh.json()["data"]["status"]


def test_who_has_an_account_accepts_with_its_password_and_keeps_both_studios(
    staff: Membership, client_a: Client, mallory: Membership
) -> None:
    text = invited(staff, client_a, mallory.user.email)
    wrong = post("/auth/register", token=text, password="another secret")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "INVALID_CREDENTIALS")
    assert Membership.objects.filter(user_id=mallory.user_id).count() == 1
    answer = post("/auth/register", token=text, password=PASSWORD)
    shown = answer.json()["data"]["user"]
    assert (shown["organization"]["id"], shown["role"]) == (str(staff.organization_id), "client")
    assert as_bearer(answer).get("/api/v1/clients").json()["data"][0]["name"] == "Acme"
    mallory.refresh_from_db()
    assert (mallory.role, mallory.client_ids) == ("owner", [])
    assert api(mallory).get("/api/v1/clients").json()["data"] == []


def test_guessing_the_password_of_an_account_by_an_invitation_is_throttled(
    staff: Membership, client_a: Client, mallory: Membership
) -> None:
    text = invited(staff, client_a, mallory.user.email)
    answers = [post("/auth/register", token=text, password=f"guess {n}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


def test_a_contact_of_the_address_book_becomes_the_one_who_signs_in(
    staff: Membership, client_a: Client
) -> None:
    body = {"first_name": "Annie", "email": "ann@example.com", "role": "approver"}
    made = api(staff).post(f"/api/v1/clients/{client_a.id}/contacts", body).json()["data"]
    post("/auth/register", token=invited(staff, client_a), **ANN)
    with organization_scope(client_a.organization_id):
        (contact,) = Contact.objects.filter(client=client_a)
    membership = Membership.objects.get(user__email="ann@example.com")
    assert (str(contact.id), contact.user_id) == (made["id"], membership.user_id)
    assert membership.contact_roles == ["approver"]


def test_a_member_is_not_invited_and_nobody_twice(
    owner: Membership, staff: Membership, client_a: Client
) -> None:
    member = ask(owner, staff.user.email.upper(), "staff")
    assert (member.status_code, member.json()["details"]["rule"]) == (409, "already_member")
    assert ask(owner, "ann@example.com", "client", client_a).status_code == 201
    twice = ask(owner, "ANN@example.com", "client", client_a)
    assert (twice.status_code, twice.json()["details"]["rule"]) == (409, "already_invited")


def test_p06_an_invitation_works_once_until_it_ends_or_is_revoked(
    staff: Membership, client_a: Client
) -> None:
    used, revoked = invited(staff, client_a), invited(staff, client_a, "ben@example.com")
    assert post("/auth/register", token=used, **ANN).status_code == 200
    row = Invitation.objects.get(email="ben@example.com")
    assert api(staff).delete(f"{URL}/{row.id}").status_code == 200
    late = invited(staff, client_a, "cem@example.com")
    with time_machine.travel(clock.now() + timedelta(days=7, seconds=1), tick=False):
        for text in (used, revoked, late):
            answer = post("/auth/register", token=text, **ANN)
            assert (answer.status_code, answer.json()["code"]) == (410, "GONE")
    closed = Invitation.objects.get(email="ann@example.com")
    again = api(staff).post(f"{URL}/{closed.id}/resends")
    assert (again.status_code, again.json()["details"]["rule"]) == (409, "invitation_closed")
    assert api(staff).delete(f"{URL}/{closed.id}").status_code == 409


def test_an_invitation_sent_again_runs_on_and_one_that_ended_makes_room(
    staff: Membership, client_a: Client, public_url: str
) -> None:
    text = invited(staff, client_a)
    row = Invitation.objects.get()
    with time_machine.travel(clock.now() + timedelta(days=6), tick=False):
        answer = api(staff).post(f"{URL}/{row.id}/resends")
        assert answer.status_code == 201
    first, second = letters(staff)
    assert (token_in(first), token_in(second)) == (text, text)
    with time_machine.travel(clock.now() + timedelta(days=12), tick=False):
        assert post("/auth/register", token=text, password="short").status_code == 400
    with time_machine.travel(clock.now() + timedelta(days=14), tick=False):
        assert ask(staff, "ann@example.com", "client", client_a).status_code == 201
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_c17_the_list_shows_states_and_is_filtered_by_them(
    owner: Membership, client_a: Client
) -> None:
    post("/auth/register", token=invited(owner, client_a, "accepted@example.com"), **ANN)
    for name in ("revoked", "expired", "pending"):
        invited(owner, client_a, f"{name}@example.com")
    Invitation.objects.filter(email="revoked@example.com").update(revoked_at=clock.now())
    Invitation.objects.filter(email="expired@example.com").update(expires_at=clock.now())
    client = api(owner)
    for state in ("accepted", "revoked", "expired", "pending"):
        (row,) = client.get(f"{URL}?status={state}").json()["data"]
        assert (row["email"], row["status"]) == (f"{state}@example.com", state)
        assert set(row) == {
            "id", "email", "role", "client_id", "status", "expires_at", "created_at", "updated_at",
        }  # fmt: skip
    assert len(client.get(f"{URL}?status=pending,expired&q=example").json()["data"]) == 2


def test_a_list_of_invitations_costs_two_queries(owner: Membership, client_a: Client) -> None:
    client = api(owner)

    def grow() -> None:
        with organization_scope(owner.organization_id):
            email = f"new-{next(numbers)}@example.com"
            invite(owner.actor(), email=email, role="client", client_id=client_a.id)

    assert_constant_queries(lambda: client.get(URL), grow, at_most=2)


def test_a_link_of_another_purpose_or_no_link_accepts_nothing(
    staff: Membership, client_a: Client, alice: Membership
) -> None:
    text = invited(staff, client_a)
    reset = issue_link(alice, OneTimeLink.Purpose.PASSWORD_RESET)
    invitation = Invitation.objects.get()
    for wrong in (
        link_text(reset.id, reset.purpose), link_text(reset.id, INVITATION),
        link_text(invitation.id, "registration"), text[:-1] + "A", text + "A", "\x00", "ü",
    ):  # fmt: skip
        answer = post("/auth/register", token=wrong, **ANN)
        assert answer.status_code in {400, 401}, wrong
    assert post(f"/auth/password-resets/{text}", password=SECRET).status_code == 401
    assert post(f"/auth/magic-links/{text}").status_code == 401
    assert not User.objects.filter(email="ann@example.com").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "short"}, {"password": "x" * 129}, {"password": "Password1"},
        {"password": "ANN@example.com"}, {"password": "ann@example.com "},
        {"first_name": "Ann\r\nBcc: eve@example.com"}, {"last_name": "Lee\u2028x"},
        {"first_name": "\x00"}, {"first_name": "x" * 101}, {"email": "eve@example.com"},
        {"client_id": "0193a1f0-0000-7000-8000-0000000000aa"},
    ],
)  # fmt: skip
def test_a_wrong_field_of_an_acceptance_is_refused_and_the_link_stays_good(
    staff: Membership, client_a: Client, fields: dict[str, str]
) -> None:
    text = invited(staff, client_a)
    assert post("/auth/register", **{"token": text} | ANN | fields).status_code == 400
    assert post("/auth/register", token=text, **ANN).status_code == 200


def test_an_invitation_to_a_company_that_was_deleted_is_gone(
    staff: Membership, client_a: Client
) -> None:
    text = invited(staff, client_a)
    assert api(staff).delete(f"/api/v1/clients/{client_a.id}").status_code == 200
    assert post("/auth/register", token=text, **ANN).status_code == 410
    assert not User.objects.filter(email="ann@example.com").exists()


def test_a_thousand_invitations_are_stopped_at_the_limit_of_the_studio(
    owner: Membership, settings: Any
) -> None:
    settings.INVITATION_RATE = "50/h"
    made = 0
    for number in range(1000):
        with organization_scope(owner.organization_id):
            try:
                invite(owner.actor(), email=f"a{number}@example.com", role="staff")
            except RateLimited:
                continue
            made += 1
    assert made == Invitation.objects.count() == 50
    answer = ask(owner, "ann@example.com", "staff")
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert int(answer["Retry-After"]) > 0


def test_one_address_gets_five_invitations_a_day_from_one_studio(
    owner: Membership, client_a: Client
) -> None:
    invited(owner, client_a)
    row, client = Invitation.objects.get(), api(owner)
    statuses = [client.post(f"{URL}/{row.id}/resends").status_code for _ in range(6)]
    assert statuses == [201] * 4 + [429] * 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_wins() -> None:
    organization = make_organization()
    owner, client = make_member(organization, "owner"), make_client(organization)
    text = invited(owner, client)
    barrier, statuses = threading.Barrier(2), []

    def run() -> None:
        barrier.wait()
        statuses.append(post("/auth/register", token=text, **ANN).status_code)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 410]
    assert Membership.objects.filter(user__email="ann@example.com").count() == 1
