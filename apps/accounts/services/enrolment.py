"""Setting up a second factor in the middle of a sign-in, where the organization asks for one."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.accounts.errors import ChallengeGone, WrongCode
from apps.accounts.models import Factor, Membership, SignInChallenge
from apps.accounts.services.challenges import Purpose, challenge_of, count_failure, use_up
from apps.accounts.services.factors import Enrolment, confirmed, enrol_totp, unconfirmed
from apps.accounts.services.proving import accepts_code, locked_person
from apps.accounts.services.second_factor import membership_in
from apps.accounts.services.sessions import SignedIn, open_session
from apps.core.tenancy import organization_scope


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The session of the finished sign-in, and the recovery codes, shown once."""

    pair: SignedIn
    recovery_codes: list[str]


@transaction.atomic
def begin_enrolment(mfa_token: str) -> Enrolment:
    """Make a seed for whoever signs in. Raises TokenInvalid, ChallengeGone, InactiveAccount."""
    challenge = challenge_of(mfa_token, Purpose.ENROLMENT)
    return enrol_totp(_newcomer(challenge))


def finish_enrolment(mfa_token: str, pk: UUID, code: str) -> Enrolled:
    """Take the first code of the app and open the session.

    Raises TokenInvalid, ChallengeGone, NotFound, WrongCode; a wrong code is counted.
    """
    with transaction.atomic():
        challenge = challenge_of(mfa_token, Purpose.ENROLMENT)
        membership = _newcomer(challenge)
        factor = unconfirmed(membership.user_id, pk)
        if accepts_code(factor, code):
            use_up(challenge)
            pair = open_session(
                membership, face=challenge.face, method=f"{challenge.method}+totp",
                access_seconds=challenge.access_seconds,
            )  # fmt: skip
            with organization_scope(membership.organization_id):
                added = confirmed(membership.actor(pair.session.id), factor)
            return Enrolled(pair, added.recovery_codes)
        count_failure(challenge)
    raise WrongCode


def _newcomer(challenge: SignInChallenge) -> Membership:
    """Return who may set up a first factor; one who has got a factor meanwhile may not."""
    membership = membership_in(challenge)
    locked_person(membership.user_id)
    if Factor.objects.filter(user_id=membership.user_id).confirmed().exists():
        raise ChallengeGone
    return membership
