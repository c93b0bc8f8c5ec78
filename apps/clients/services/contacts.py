"""Contacts: the people of a client, and what their sign-in may reach (P42, R36).

`Membership.client_ids` repeats what the contacts say, so each change here keeps it in step.
"""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.errors import AlreadyInvited, EmailTaken
from apps.accounts.models import Membership, Session
from apps.accounts.permissions import require
from apps.accounts.services import create_person, end_sessions, invite, set_client_access
from apps.clients.errors import ContactTwice, PersonOfTeam, PrimaryTaken
from apps.clients.models import Client, Contact
from apps.core import clock
from apps.core.actors import Actor
from apps.core.models import revise
from apps.events.outbox import publish
from apps.organizations.models import Organization

OWN_FIELDS = frozenset({"first_name", "last_name", "phone"})


@transaction.atomic
def create_contact(
    actor: Actor, client: Client, *, email: str, password: str | None = None, **fields: Any
) -> Contact:
    """Make a contact of a client. Raises PermissionDenied, ContactTwice, PersonOfTeam.

    A client's contact of this organization with the same e-mail is the same person and reaches
    this company too (R36). With a `password` anybody else gets an account (WeakPassword). Who has
    one at another organization is invited instead: a studio cannot make somebody its member
    without asking him, nor choose his password.
    """
    require(actor, "contacts.write", client.id)
    user_id = _person(actor, client, email, password, fields)
    if fields.get("is_primary"):
        _lower_primary(actor, client.id)
    contact = Contact(
        organization_id=client.organization_id, client=client, user_id=user_id, email=email,
        **fields,
    )  # fmt: skip
    _saved_once(lambda: contact.save(force_insert=True))
    if user_id is not None:
        set_client_access(contact.organization_id, user_id, client.id, contact.role)
    publish(
        actor, "contact.created", contact, audience="client",
        id=contact.id, client_id=client.id, user_id=user_id, name=str(contact), role=contact.role,
    )  # fmt: skip
    return contact


@transaction.atomic
def change_contact(actor: Actor, contact: Contact, **changes: Any) -> Contact:
    """Set the given columns of a locked contact.

    A contact may change his own name and phone (C18); all else needs the team. Raises
    PermissionDenied, ContactTwice, PrimaryTaken.
    """
    changed = {name: value for name, value in changes.items() if getattr(contact, name) != value}
    own = actor.is_client and contact.user_id == actor.user_id
    if not own or not changed.keys() <= OWN_FIELDS:
        require(actor, "contacts.write", contact.client_id)
    if not changed:
        return contact
    if changed.get("is_primary"):
        _lower_primary(actor, contact.client_id)
    _saved_once(lambda: revise(contact, **changed))
    if "role" in changed and contact.user_id is not None:
        set_client_access(contact.organization_id, contact.user_id, contact.client_id, contact.role)
    _publish_update(actor, contact, sorted(changed))
    return contact


@transaction.atomic
def delete_contact(actor: Actor, contact: Contact) -> None:
    """Delete a locked contact softly and take his access to this company.

    His sessions end when he has no company left. Raises PermissionDenied.
    """
    require(actor, "contacts.write", contact.client_id)
    revise(contact, deleted_at=clock.now())
    if contact.user_id is not None:
        _withdraw_access(actor, contact, contact.user_id)
    _publish_update(actor, contact, ["deleted_at"])


def _person(
    actor: Actor, client: Client, email: str, password: str | None, names: dict[str, Any]
) -> UUID | None:
    """Return the person who signs in as this contact, or None when there is none yet."""
    memberships = Membership.objects.filter(organization_id=client.organization_id)
    known = memberships.filter(user__email__iexact=email).first()
    if known is not None and known.role == Membership.Role.CLIENT:
        return known.user_id
    if password is None:
        return None
    if known is not None:
        raise PersonOfTeam
    try:
        person = create_person(
            Organization.objects.get(id=client.organization_id),
            email=email,
            password=password,
            role=Membership.Role.CLIENT,
            first_name=names.get("first_name", ""),
            last_name=names.get("last_name", ""),
        )
    except EmailTaken:
        with suppress(AlreadyInvited):
            invite(actor, email=email, role=Membership.Role.CLIENT, client_id=client.id)
        return None
    return person.user_id


def _lower_primary(actor: Actor, client_id: UUID) -> None:
    """Take the mark from the contact that has it: a client has one primary contact."""
    rows = Contact.objects.visible_to(actor).filter(client_id=client_id, is_primary=True)
    for contact in rows.select_for_update(of=("self",)):
        revise(contact, is_primary=False)
        _publish_update(actor, contact, ["is_primary"])


def _saved_once(save: Any) -> None:
    """Run `save`; raises ContactTwice or PrimaryTaken where a constraint refuses the row."""
    try:
        with transaction.atomic():
            save()
    except IntegrityError as error:
        if "clients_contact_one_primary" in str(error):
            raise PrimaryTaken from error
        if "clients_contact_" in str(error):
            raise ContactTwice from error
        raise


def _withdraw_access(actor: Actor, contact: Contact, user_id: UUID) -> None:
    set_client_access(contact.organization_id, user_id, contact.client_id, None)
    memberships = Membership.objects.filter(organization_id=contact.organization_id)
    if memberships.get(user_id=user_id).client_ids:
        return
    sessions = Session.objects.filter(organization_id=contact.organization_id, user_id=user_id)
    live = sessions.live().select_for_update(of=("self",)).order_by("id")
    end_sessions(actor, list(live), reason="access_withdrawn")


def _publish_update(actor: Actor, contact: Contact, changed: list[str]) -> None:
    publish(
        actor, "contact.updated", contact, audience="client",
        id=contact.id, client_id=contact.client_id, user_id=contact.user_id, changed=changed,
    )  # fmt: skip
