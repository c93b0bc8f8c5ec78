"""Whom a proved identity stands for: the person it was linked to, found by mail, or made now.

An identity is linked by provider, issuer and subject. An e-mail links only when the provider has
verified it, its domain is one of the provider's, and the person belongs to this organization alone:
a studio decides about its providers, so it must not reach people of others through them.
"""

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, transaction

from apps.accounts.errors import InactiveAccount, NoPlaceHere
from apps.accounts.models import ExternalIdentity, Membership, User
from apps.accounts.providers import Identity
from apps.accounts.services.people import set_client_access
from apps.accounts.services.sign_on.entries import Entry, domain_of
from apps.accounts.services.sign_on.roles import follow_role_map, role_of
from apps.core import clock
from apps.core.actors import ADMIN, CLIENT
from apps.core.context import current
from apps.events.outbox import publish, record
from apps.organizations.models import Organization

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def arrive(organization: Organization, entry: Entry, identity: Identity) -> Membership:
    """Return the membership of a person, in the caller's transaction of the organization.

    Raises NoPlaceHere, and InactiveAccount: whom the studio switched off stays off.
    """
    key = f"{organization.id} {entry.name} {identity.system} {identity.external_id}"
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [key])
    known = ExternalIdentity.objects.filter(
        organization=organization, provider=entry.name, system=identity.system[:500],
        external_id=identity.external_id,
    ).first()  # fmt: skip
    if known is None:
        known = _first_time(organization, entry, identity)
    memberships = Membership.objects.select_related("user", "organization")
    membership = (
        memberships.select_for_update(of=("self",))
        .filter(organization=organization, user_id=known.user_id)
        .first()
    )
    if membership is None:
        raise NoPlaceHere("no_account")
    if not (membership.is_active and membership.user.is_active):
        raise InactiveAccount
    _refuse_team_of_company(entry, membership)
    follow_role_map(entry, identity, membership, known)
    ExternalIdentity.objects.filter(id=known.id).update(last_used_at=clock.now())
    return membership


def _first_time(organization: Organization, entry: Entry, identity: Identity) -> ExternalIdentity:
    """Link or make the person of an identity that was never seen. Raises NoPlaceHere."""
    email = identity.email.lower()
    if not email:
        raise NoPlaceHere("email_missing")
    is_verified = identity.is_email_verified or entry.settings.get("emails_verified") is True
    if not is_verified:
        raise NoPlaceHere("email_unverified")
    if entry.domains and domain_of(email) not in entry.domains:
        raise NoPlaceHere("email_domain")
    user = User.objects.filter(email__iexact=email).first()
    if user is not None:
        return _linked(organization, entry, identity, user)
    if not entry.creates_people:
        raise NoPlaceHere("no_account")
    return _provisioned(organization, entry, identity, email)


def _linked(
    organization: Organization, entry: Entry, identity: Identity, user: User
) -> ExternalIdentity:
    memberships = list(Membership.objects.filter(user=user).select_related("user"))
    if [row.organization_id for row in memberships] != [organization.id] or not entry.domains:
        raise NoPlaceHere("account_exists")
    (membership,) = memberships
    if not (membership.is_active and user.is_active):
        raise InactiveAccount
    _refuse_team_of_company(entry, membership)
    linked, now = _kept(organization, entry, identity, user), current()
    record(
        membership.actor(), "identity.linked", linked, user_ids=[user.id],
        after={"provider": entry.name}, device=now.user_agent, address=now.address,
    )  # fmt: skip
    return linked


def _provisioned(
    organization: Organization, entry: Entry, identity: Identity, email: str
) -> ExternalIdentity:
    role = role_of(entry, identity)
    try:
        with transaction.atomic():
            user = User.objects.create(
                email=email, password=make_password(None), first_name=identity.first_name,
                last_name=identity.last_name, is_staff=role == ADMIN,
            )  # fmt: skip
    except IntegrityError as error:
        raise NoPlaceHere("account_exists") from error
    membership = Membership.objects.create(organization=organization, user=user, role=role)
    if entry.client_id is not None:
        set_client_access(organization.id, user.id, entry.client_id, entry.contact_role)
    made = _kept(organization, entry, identity, user)
    publish(membership.actor(), "user.registered", made, id=user.id, role=role)
    return made


def _kept(
    organization: Organization, entry: Entry, identity: Identity, user: User
) -> ExternalIdentity:
    return ExternalIdentity.objects.create(
        organization=organization, user=user, provider=entry.name, system=identity.system[:500],
        external_id=identity.external_id,
    )  # fmt: skip


def _refuse_team_of_company(entry: Entry, membership: Membership) -> None:
    """A client company's provider speaks for contacts, never for the studio's own people."""
    if entry.client_id is not None and membership.role != CLIENT:
        raise NoPlaceHere("team_member")
