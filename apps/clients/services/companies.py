"""Client companies: made, changed, archived, deleted and brought back (P41)."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.accounts.permissions import require
from apps.accounts.services import set_client_access
from apps.clients.errors import AlreadyArchived, ClientInUse, NothingToRestore
from apps.clients.models import Client
from apps.core import clock
from apps.core.actors import Actor
from apps.core.errors import NotFound
from apps.core.models import revise
from apps.events.outbox import publish
from apps.organizations.models import Organization

# The tables belong to apps above this one. Row security confines the question to the tenant.
IN_USE = """
SELECT EXISTS (SELECT 1 FROM invoices_invoice
                WHERE organization_id = %(org)s AND client_id = %(id)s)
    OR EXISTS (SELECT 1 FROM projects_project
                WHERE organization_id = %(org)s AND client_id = %(id)s AND deleted_at IS NULL)
"""


@transaction.atomic
def create_client(actor: Actor, *, name: str, **fields: Any) -> Client:
    """Make a client company. Raises PermissionDenied.

    Currency, time zone and language that are not given are the organization's.
    """
    require(actor, "clients.write")
    defaults: dict[str, Any] = {}
    if not {"currency", "timezone", "locale"} <= fields.keys():
        rows = Organization.objects.filter(id=actor.organization_id)
        defaults = dict(rows.values("currency", "timezone", "locale").get())
    client = Client.objects.create(
        organization_id=actor.organization_id, name=name, **(defaults | fields)
    )
    publish(actor, "client.created", client, id=client.id, name=client.name)
    return client


def locked_client(actor: Actor, client_id: UUID) -> Client:
    """Return the visible client, locked until the transaction ends; raises NotFound."""
    rows = Client.objects.visible_to(actor).select_for_update(of=("self",))
    client = rows.filter(id=client_id).first()
    if client is None:
        raise NotFound
    return client


@transaction.atomic
def change_client(actor: Actor, client: Client, **changes: Any) -> Client:
    """Set the given columns of a locked client. Raises PermissionDenied.

    `status` archives the company or brings it back. Nothing is written or published when
    nothing differs.
    """
    require(actor, "clients.write")
    status = changes.pop("status", client.status)
    changed = {name: value for name, value in changes.items() if getattr(client, name) != value}
    if changed:
        revise(client, **changed)
        publish(
            actor, "client.updated", client, audience="client",
            id=client.id, name=client.name, changed=sorted(changed),
        )  # fmt: skip
    if status != client.status:
        if status == Client.Status.ARCHIVED:
            archive_client(actor, client)
        else:
            restore_client(actor, client)
    return client


@transaction.atomic
def archive_client(actor: Actor, client: Client) -> Client:
    """Put a locked client aside: nothing new is begun for it. Raises AlreadyArchived."""
    require(actor, "clients.write")
    if client.status == Client.Status.ARCHIVED:
        raise AlreadyArchived
    revise(client, status=Client.Status.ARCHIVED)
    publish(actor, "client.archived", client, id=client.id, name=client.name, status=client.status)
    return client


@transaction.atomic
def delete_client(actor: Actor, client: Client) -> None:
    """Delete a locked client softly and close its contacts' access. Raises ClientInUse.

    A company with invoices or projects stays (P41): what was billed must keep its addressee.
    """
    require(actor, "clients.write")
    with connection.cursor() as cursor:
        cursor.execute(IN_USE, {"org": client.organization_id, "id": client.id})
        if cursor.fetchone()[0]:
            raise ClientInUse
    revise(client, deleted_at=clock.now())
    _set_access_of_contacts(client, is_open=False)
    publish(actor, "client.archived", client, id=client.id, name=client.name, status="deleted")


@transaction.atomic
def restore_client(actor: Actor, client: Client) -> Client:
    """Undo the archiving or the deletion of a locked client. Raises NothingToRestore."""
    require(actor, "clients.write")
    was_deleted = client.deleted_at is not None
    if not was_deleted and client.status == Client.Status.ACTIVE:
        raise NothingToRestore
    revise(client, status=Client.Status.ACTIVE, deleted_at=None)
    if was_deleted:
        _set_access_of_contacts(client, is_open=True)
    publish(
        actor, "client.updated", client, audience="client",
        id=client.id, name=client.name, changed=["status"],
    )  # fmt: skip
    return client


def _set_access_of_contacts(client: Client, *, is_open: bool) -> None:
    contacts = client.contacts.filter(deleted_at__isnull=True, user__isnull=False)
    for user_id, role in contacts.order_by("user_id").values_list("user_id", "role"):
        if user_id is not None:  # by the filter; the type does not know
            access = role if is_open else None
            set_client_access(client.organization_id, user_id, client.id, access)
