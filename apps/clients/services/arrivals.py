"""Who came through his company's own sign-in becomes its contact: a consumer of the log."""

from collections.abc import Sequence
from uuid import UUID

import orjson

from apps.accounts.models import Membership
from apps.clients.models import Client, Contact
from apps.core.actors import CLIENT, Actor
from apps.events.models import Event
from apps.events.outbox import publish


def contacts_after_sign_on(events: Sequence[Event]) -> None:
    """Make the contact of each company that a new person may reach already (R20, P42).

    Sign-in gave him his access at once; the row by which the studio sees him follows here. A
    second run finds it and makes none.
    """
    for event in events:
        if event.body is None:  # erased
            continue
        user_id = UUID(orjson.loads(event.data)["id"])
        memberships = Membership.objects.filter(organization_id=event.organization_id, role=CLIENT)
        membership = memberships.select_related("user").filter(user_id=user_id).first()
        if membership is None:
            continue
        roles = zip(membership.client_ids, membership.contact_roles, strict=True)
        for client_id, role in roles:
            _make_contact(event, membership, client_id, role)


def _make_contact(event: Event, membership: Membership, client_id: UUID, role: str) -> None:
    clients = Client.objects.filter(organization_id=event.organization_id, deleted_at__isnull=True)
    client = clients.select_for_update().filter(id=client_id).first()
    if client is None:
        return
    contacts = Contact.objects.filter(client=client, deleted_at__isnull=True)
    user = membership.user
    known = contacts.filter(user=user) | contacts.filter(email__iexact=user.email)
    if known.exists():
        return
    contact = Contact.objects.create(
        organization_id=event.organization_id, client=client, user=user, email=user.email,
        first_name=user.first_name or user.email.partition("@")[0][:100],
        last_name=user.last_name, role=role,
    )  # fmt: skip
    publish(
        Actor.system(event.organization_id), "contact.created", contact, audience="client",
        causation_id=event.id, id=contact.id, client_id=client.id, user_id=user.id,
        name=str(contact), role=role,
    )  # fmt: skip
