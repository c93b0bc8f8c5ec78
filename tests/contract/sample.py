"""The sample cast of the old database, made with the portal's own services."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password

from apps.accounts.models import Membership, Session, User
from apps.accounts.services import SignedIn, open_session
from apps.clients.models import Client
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from tests.factories import make_client, make_contact, make_member, make_organization
from tests.files.factories import PDF, PNG, make_file
from tests.node_api.old import begin_project, notify, say, send_invoice, write_invoice

PEOPLE = {
    "kendrick": ("kendrick@reprintstudios.com", "Kendrick", "Forrest"),
    "john": ("client@example.com", "John", "Smith"),
    "sarah": ("sarah@example.org", "Sarah", "Jones"),
    "former": ("former@example.org", "Former", "Client"),
}
_stored: dict[str, str] = {}


@dataclass(slots=True)
class Sample:
    """People, and what the old ids are called here."""

    people: dict[str, Membership] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, SignedIn] = field(default_factory=dict)

    def renamed(self, text: str) -> str:
        """Return `text` with the old ids replaced by ours."""
        for old, ours in self.ids.items():
            text = text.replace(old, ours)
        return text


def sample() -> Sample:
    """Make the studio, three clients and a row of each kind."""
    found = Sample()
    studio = make_organization("Reprint", currency="USD")
    found.people["kendrick"] = _person(make_member(studio, "owner"), "kendrick", "admin123")
    for name, company in (("john", "Example Corp"), ("sarah", "Jones & Co"), ("former", "Gone")):
        _email, first, last = PEOPLE[name]
        client = make_client(studio, f"{first} {last}", company=company, currency="USD")
        person = _person(make_contact(client), name, "client123")
        with organization_scope(studio.id):
            Client.objects.filter(id=client.id).update(email=PEOPLE[name][0], phone="555-0123")
        found.people[name] = person
    User.objects.filter(email=PEOPLE["former"][0]).update(is_active=False)
    _rows(found)
    with organization_scope(studio.id):
        for name in ("kendrick", "john", "sarah"):
            found.pairs[name] = open_session(found.people[name], face=Session.Face.NODE)
    return found


def _person(member: Membership, name: str, password: str) -> Membership:
    email, first, last = PEOPLE[name]
    if password not in _stored:
        _stored[password] = make_password(password)
    User.objects.filter(id=member.user_id).update(
        email=email, first_name=first, last_name=last, password=_stored[password]
    )
    return Membership.objects.select_related("user", "organization").get(id=member.id)


def _client_of(person: Membership) -> Client:
    with organization_scope(person.organization_id):
        return Client.objects.get(id=person.client_ids[0])


def _rows(found: Sample) -> None:
    kendrick, john, sarah = (found.people[name] for name in ("kendrick", "john", "sarah"))
    corp, jones = _client_of(john), _client_of(sarah)
    facts: dict[str, Any] = {
        "description": "Logo and print", "budget": Money(420_050, "USD"),
        "start_date": date(2026, 11, 1), "due_date": date(2027, 2, 1),
        "custom": {"service_type": "branding"},
    }  # fmt: skip
    brand = begin_project(kendrick, corp, name="Brand refresh", **facts)
    website = begin_project(
        kendrick, corp, name="Website", priority="high", status="in_progress", **facts
    )
    poster = begin_project(kendrick, jones, name="Poster run")
    logo = make_file(john, PNG, "logo.png", project_id=brand.id, description="Logo draft")
    brief = make_file(john, PDF, "brief.pdf", project_id=brand.id, description="Logo draft")
    deposit = write_invoice(kendrick, corp, project_id=brand.id, notes="Deposit")
    balance = send_invoice(kendrick, corp, notes="Balance")
    asked = say(john, kendrick, "When will the draft be ready?", project_id=brand.id)
    told = say(kendrick, john, "The deposit invoice is ready.", project_id=brand.id)
    notice = notify(john)
    rows: dict[str, Any] = {
        "5bf9f52f-7f1a-4b63-b8ea-1111b778dfdc": corp,
        "b202eb21-5f03-4b21-8544-2bdfcb0dc320": jones,
        "3a0eea49-4676-4b24-9703-cb3e96a7de85": brand,
        "201addd9-1818-4443-ad53-19e5cac969d7": website,
        "cbf1a21b-db97-4f1f-8311-09547d2d90e6": poster,
        "5fc6bc2b-5a92-4ce1-af83-ed9ce894754f": logo,
        "b6cc090b-1076-4dc7-a3bf-e6317ec91727": brief,
        "787f9cab-5828-4dc4-aa86-aab589d816c0": deposit,
        "e33218fe-7034-4a5f-8164-81c61d045c3a": balance,
        "7c183716-3836-4593-834c-a0a8be602b12": asked,
        "e6f7d1bf-6498-40f6-9c15-61f384c0e6f3": told,
        "9b0a609b-ccd4-4be2-819e-dafcccab7b41": notice,
        "f4f9930f-c724-485a-8660-e0a80a9ef096": kendrick.user,
    }
    found.ids = {old: str(row.id) for old, row in rows.items()}
