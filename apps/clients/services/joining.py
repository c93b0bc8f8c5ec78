"""How people come in: by invitation, or by their own wish where the studio allows it (P06, R15).

`apps.accounts` makes the membership; here it becomes a contact of the company that was meant,
with its access, in the same transaction: the first sign-in sees the company.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.errors import LinkGone, MfaRequired
from apps.accounts.models import Invitation, Membership, Session
from apps.accounts.services import (
    SignedIn,
    enter_or_ask,
    invite,
    join,
    open_account,
    prove_invitee,
    prove_registrant,
    set_client_access,
)
from apps.clients.models import Client, Contact
from apps.clients.services.companies import create_client
from apps.clients.services.contacts import create_contact
from apps.core.actors import CLIENT, Actor
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.events.outbox import publish

METHOD = "password"  # what a person proves himself with when he accepts


def invite_person(
    actor: Actor, *, email: str, role: str, client_id: UUID | None = None
) -> Invitation:
    """Invite somebody to the team, or as a contact of a company that `actor` sees.

    Raises InvalidFields and what `accounts.services.invite` raises.
    """
    if role != CLIENT and client_id is not None:
        raise InvalidFields(client_id="Only a contact belongs to a client.")
    if role == CLIENT and client_id is None:
        raise InvalidFields(client_id="Name the client whose contact this will be.")
    if client_id is not None and not _is_open(actor, client_id):
        raise InvalidFields(client_id="There is no such client.")
    return invite(actor, email=email, role=role, client_id=client_id)


def accept_invitation(
    text: str, *, password: str, first_name: str = "", last_name: str = ""
) -> Membership:
    """Make the person of a link a member, and a contact where a company was named.

    Raises TokenInvalid, LinkGone, WeakPassword, WrongCredentials, TooManyFailures.
    """
    invitee = prove_invitee(text, password)
    with transaction.atomic():
        membership = join(invitee, first_name=first_name, last_name=last_name)
        if invitee.client_id is not None:
            _become_contact(membership, invitee.client_id)
    return _again(membership)


def confirm_registration(text: str, password: str) -> Membership:
    """Make the account that a link confirms, with a company of its own.

    Raises TokenInvalid, LinkGone, WrongCredentials.
    """
    wish_id = prove_registrant(text, password)
    with transaction.atomic():
        membership = open_account(wish_id)
        make_own_company(membership)
    return _again(membership)


def enter_as(membership: Membership) -> SignedIn:
    """Open the first session of a person who has just come in; raises what `enter` raises.

    In a transaction of its own: who needs a second factor is a member all the same.
    """
    with transaction.atomic():
        outcome = enter_or_ask(membership, method=METHOD, face=Session.Face.API)
    if isinstance(outcome, MfaRequired):
        raise outcome
    return outcome


@transaction.atomic
def make_own_company(membership: Membership, name: str = "") -> Client:
    """Make the company of somebody who came by himself, with him as its contact."""
    system, user = Actor.system(membership.organization_id), membership.user
    client = create_client(system, name=name or user.name, email=user.email)
    create_contact(
        system, client, email=user.email, first_name=user.first_name or user.email[:100],
        last_name=user.last_name, role=Contact.Role.APPROVER, is_primary=True,
    )  # fmt: skip
    return client


def _is_open(actor: Actor, client_id: UUID) -> bool:
    rows = Client.objects.visible_to(actor).filter(id=client_id)
    return rows.filter(status=Client.Status.ACTIVE).exists()


def _become_contact(membership: Membership, client_id: UUID) -> None:
    """Attach the person to the company's contact with his e-mail, or make that contact."""
    system = Actor.system(membership.organization_id)
    rows = Client.objects.visible_to(system).select_for_update(of=("self",))
    client = rows.filter(id=client_id).first()
    if client is None:  # deleted since the invitation
        raise LinkGone
    user = membership.user
    contacts = Contact.objects.visible_to(system).filter(client_id=client_id)
    contact = contacts.select_for_update(of=("self",)).filter(email__iexact=user.email).first()
    if contact is not None:
        revise(contact, user_id=user.id)
        kind = "contact.updated"
        told: dict[str, Any] = {"changed": ["user_id"]}
    else:
        contact = Contact.objects.create(
            organization_id=client.organization_id, client=client, user_id=user.id,
            email=user.email, first_name=user.first_name or user.email[:100],
            last_name=user.last_name,
        )  # fmt: skip
        kind, told = "contact.created", {"name": str(contact), "role": contact.role}
    set_client_access(contact.organization_id, user.id, client_id, contact.role)
    publish(
        membership.actor(), kind, contact, audience="client",
        id=contact.id, client_id=client_id, user_id=user.id, **told,
    )  # fmt: skip


def _again(membership: Membership) -> Membership:
    """Return the membership with the access that it was given meanwhile."""
    return Membership.objects.select_related("user", "organization").get(id=membership.id)
