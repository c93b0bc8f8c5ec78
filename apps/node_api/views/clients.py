"""Clients on the old face: `/api/clients*`. An id is a company's, or that of one of its people."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from apps.accounts.models import User
from apps.clients import services
from apps.clients.models import Client, Contact
from apps.core.actors import Actor
from apps.core.filters import Filter
from apps.node_api.answers import answer, raw_json
from apps.node_api.api import NodeView, id_of
from apps.node_api.errors import Said
from apps.node_api.lists import NumberedList
from apps.node_api.pages import NumberedPage, named_total
from apps.node_api.rendering import array_of
from apps.node_api.shapes.clients import (
    ClientDetailRow,
    ClientForm,
    ClientPage,
    ClientRow,
    NewClientForm,
    columns_of,
)
from apps.node_api.shapes.projects import ProjectListRow
from apps.projects.models import Project

TAKEN = "Email already exists"
STATUSES = {
    "active": ["active"], "prospect": ["active"], "inactive": ["archived"],
    "all": ["active", "archived"],
}  # fmt: skip


class ClientArea(NodeView):
    thing = "Client"

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Client]:
        """The team sees all, a contact his own companies."""
        return Client.objects.visible_to(actor)

    def chosen(self, actor: Actor, pk: str) -> QuerySet[Client]:
        """Return the one company that `pk` names, itself or through a person of it."""
        client_id = id_of(pk, label="client")
        people = Contact.objects.visible_to(actor).filter(user_id=client_id)
        return self.visible(actor).filter(Q(id=client_id) | Q(id__in=people.values("client_id")))

    def locked_one(self, actor: Actor, pk: str) -> Client:
        """Return the locked company of `pk`; raises NotFound."""
        client: Client = self.locked(self.chosen(actor, pk), self.one(self.chosen(actor, pk)).id)
        return client


class ClientList(ClientArea, NumberedList):
    team_only = ("get", "post")
    key = "clients"
    row = ClientRow
    form = ClientPage
    filters: ClassVar[Any] = {
        "status": Filter("status__in", STATUSES.__getitem__, None, {"type": "string"}),
        "stage": Filter("custom__stage", str, None, {"type": "string"}),
    }
    sorts: ClassVar[Any] = {name: name for name in ("created_at", "updated_at", "name", "email")}
    search = ("name", "company", "email")
    echoed = ("search", "status", "sort", "order")

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return named_total(page, "totalClients")

    def post(self, actor: Actor) -> HttpResponse:
        """Make a client with its person, who can sign in with the password."""
        form = self.body(NewClientForm)
        refuse_known_email(form["email"])
        client = services.create_client(actor, **columns_of(form, {}))
        services.create_contact(
            actor, client, email=form["email"], password=form["password"],
            first_name=form["first_name"], last_name=form["last_name"], phone=form["phone"],
            role=Contact.Role.APPROVER, is_primary=True,
        )  # fmt: skip
        if form["status"] == "inactive":
            services.archive_client(actor, client)
        shown = self.shown(self.visible(actor).filter(id=client.id), ClientRow)
        return answer({"message": "Client created successfully", "client": shown}, status=201)


class ClientDetail(ClientArea):
    team_only = ("put", "delete")

    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """Show one client with its counts; a contact his own company."""
        return answer({"client": self.shown(self.chosen(actor, pk), ClientDetailRow)})

    def put(self, actor: Actor, pk: str) -> HttpResponse:
        """Change what was given of a client and of its person."""
        client = self.locked_one(actor, pk)
        contact = primary_contact(actor, client)
        form = self.body(ClientForm, self.given() if contact is None else with_present(
            self.given(), client, contact
        ))  # fmt: skip
        status = "archived" if form.get("status") == "inactive" else "active"
        services.change_client(actor, client, status=status, **columns_of(form, client.custom))
        if contact is not None:
            names = {name: form[name] for name in ("first_name", "last_name", "email", "phone")}
            services.change_contact(actor, contact, **names)
        shown = self.shown(self.visible(actor).filter(id=client.id), ClientRow)
        return answer({"message": "Client updated successfully", "client": shown})

    def delete(self, actor: Actor, pk: str) -> HttpResponse:
        """Deactivate a client: nothing of it is lost, and it leaves the list."""
        services.archive_client(actor, self.locked_one(actor, pk))
        return answer({"message": "Client deactivated successfully"})


class ClientReactivation(ClientArea):
    team_only = ("post",)

    def post(self, actor: Actor, pk: str) -> HttpResponse:
        """Bring a deactivated client back."""
        client = self.locked_one(actor, pk)
        services.restore_client(actor, client)
        shown = self.shown(self.visible(actor).filter(id=client.id), ClientRow)
        return answer({"message": "Client reactivated successfully", "client": shown})


class ClientProjects(ClientArea):
    team_only = ("get",)

    def get(self, actor: Actor, pk: str) -> HttpResponse:
        """List a client's projects as a bare array, newest first."""
        client = self.one(self.chosen(actor, pk))
        projects = Project.objects.visible_to(actor).filter(client_id=client.id)
        return raw_json(array_of(projects, ProjectListRow))


def refuse_known_email(email: str) -> None:
    """Raise Said (409) for an e-mail that somebody signs in with: it is unique on this face."""
    if User.objects.filter(email__iexact=email).exists():
        raise Said(409, TAKEN)


def primary_contact(actor: Actor, client: Client) -> Contact | None:
    """Return the person that the old pages show of a company, locked."""
    people = Contact.objects.visible_to(actor).filter(client_id=client.id, deleted_at__isnull=True)
    return (
        people.select_for_update(of=("self",)).order_by("-is_primary", "created_at", "id").first()
    )


def with_present(given: Any, client: Client, contact: Contact) -> dict[str, Any]:
    """Return a form in which every member that was not given says what it says now."""
    present = {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone": contact.phone or client.phone,
        "company_name": client.company,
        "status": "inactive" if client.status == "archived" else "active",
    }
    address = client.address
    lines = [address.get("line1", ""), address.get("line2", "")]
    present["address"] = "\n".join(line for line in lines if line)
    if client.custom.get("stage") == "prospect":
        present["status"] = "prospect"
    return present | {name: value for name, value in given.items() if value not in ("", None)}
