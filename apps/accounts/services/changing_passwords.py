"""A person changes his own password, and every other device is signed out (R26, P07)."""

from uuid import UUID

from django.db import transaction

from apps.accounts import passwords
from apps.accounts.errors import WrongCredentials
from apps.accounts.models import Membership, Session, User
from apps.accounts.services.lockout import (
    Caller,
    failures_of,
    forgive,
    record_failure,
    refuse_locked,
)
from apps.accounts.services.sessions import end_sessions
from apps.accounts.strength import check_strength
from apps.core.actors import NOBODY, Actor
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
        replace_password(actor, membership.user_id, encoded)


@transaction.atomic
def replace_password(actor: Actor, user_id: UUID, encoded: str) -> None:
    """Store a new password and end all sessions of its person but the actor's own.

    `encoded` is what `passwords.hashed` returned. The person hears of it by mail.
    """
    user = User.objects.select_for_update().get(id=user_id)
    revise(user, password=encoded)
    sessions = Session.objects.live().filter(user_id=user.id).exclude(id=actor.session_id or NOBODY)
    for session in sessions.select_for_update(of=("self",)).order_by("id"):
        with organization_scope(session.organization_id):
            end_sessions(actor, [session], reason="password_changed")
    context = current()
    record(
        actor, "password.changed", user, user_ids=[user.id],
        device=context.user_agent, address=context.address,
    )  # fmt: skip


def _membership_of(actor: Actor) -> Membership:
    rows = Membership.objects.select_related("user", "organization")
    return rows.get(organization_id=actor.organization_id, user_id=actor.user_id)
