"""A person changes his own password, and every other device is signed out (R26, P07)."""

from uuid import UUID

from django.db import transaction

from apps.accounts import passwords
from apps.accounts.errors import WrongCredentials
from apps.accounts.models import Membership, OneTimeLink, User
from apps.accounts.services.lockout import (
    Caller,
    failures_of,
    forgive,
    record_failure,
    refuse_locked,
)
from apps.accounts.services.sessions import end_every_session
from apps.accounts.strength import check_strength
from apps.core import clock
from apps.core.actors import Actor
from apps.core.context import current
from apps.core.models import revise
from apps.core.tenancy import organization_scope
from apps.events.outbox import record


def change_password(actor: Actor, *, current_password: str, new_password: str) -> None:
    """Replace the password of the actor, who must know the present one.

    Raises WrongCredentials, TooManyFailures (guesses count as failed sign-ins) and WeakPassword.
    Opens its own transactions, as `sign_in` does.
    """
    membership = _membership_of(actor)
    caller = Caller(membership.user.email, current().address[:45])
    failures = failures_of(caller)
    refuse_locked(caller, failures)
    fit, _ = passwords.fits(current_password, membership.user.password)
    if not fit:
        record_failure(membership, caller, failures, reason="password_change")
        raise WrongCredentials
    check_strength(new_password, membership.user.email)
    encoded = passwords.hashed(new_password)
    with organization_scope(actor.organization_id):
        forgive(caller, failures)
        replace_password(actor, membership.user_id, encoded, way="password_changed")


@transaction.atomic
def replace_password(actor: Actor, user_id: UUID, encoded: str, *, way: str) -> User:
    """Store a new password; end the person's links, and all his sessions but the actor's own.

    `encoded` is what `passwords.hashed` returned, `way` how he came to it. He hears of it by mail.
    """
    user: User = User.objects.select_for_update().get(id=user_id)
    revise(user, password=encoded)
    OneTimeLink.objects.filter(user=user, used_at__isnull=True).update(expires_at=clock.now())
    end_every_session(user.id, reason=way, but=actor.session_id)
    context = current()
    with organization_scope(actor.organization_id):
        record(
            actor, "password.changed", user, user_ids=[user.id], way=way,
            device=context.user_agent, address=context.address,
        )  # fmt: skip
    return user


def _membership_of(actor: Actor) -> Membership:
    rows = Membership.objects.select_related("user", "organization")
    return rows.get(organization_id=actor.organization_id, user_id=actor.user_id)
