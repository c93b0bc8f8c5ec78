"""A person's own factors: added, confirmed, renamed, removed, and the codes that replace them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import passkeys, totp
from apps.accounts.errors import (
    ChallengeGone,
    FactorRequired,
    NoFactor,
    TooManyFactors,
    WrongPasskey,
)
from apps.accounts.models import Factor, Membership, RecoveryCode, SignInChallenge, User
from apps.accounts.passkeys import Place
from apps.accounts.recovery import CODES, code_hash, new_code
from apps.accounts.services.challenges import Purpose, bytes_of, open_challenge, taken
from apps.accounts.services.proofs import require_recent_proof
from apps.accounts.services.proving import SEED, accepts_code, locked_person, tell
from apps.accounts.services.requiring import is_required
from apps.core import clock
from apps.core.actors import Actor
from apps.core.errors import InvalidFields, NotFound
from apps.core.ids import uuid7
from apps.core.keyring import keyring
from apps.core.models import revise

PASSKEYS = 20
UNCONFIRMED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, shown once."""

    id: UUID
    secret: str
    otpauth_uri: str
    qr_svg: str


@dataclass(frozen=True, slots=True)
class Added:
    """A factor that counts from now on; the codes come with the person's first one only."""

    factor: Factor
    recovery_codes: list[str]


@transaction.atomic
def begin_totp(actor: Actor) -> Enrolment:
    """Make a seed for the person's authenticator app. Raises ProofRequired."""
    require_recent_proof(actor)
    membership = _membership_of(actor)
    return enrol_totp(membership)


def enrol_totp(membership: Membership) -> Enrolment:
    """Store a seed that counts once a code of it was given; an earlier unconfirmed one goes."""
    user = locked_person(membership.user_id)
    mine = Factor.objects.filter(user=user, kind=Factor.Kind.TOTP)
    mine.filter(confirmed_at__isnull=True).delete()
    seed, pk = totp.new_seed(), uuid7()
    sealed = keyring().seal(pk, SEED, seed)
    Factor.objects.create(
        id=pk, organization_id=membership.organization_id, user=user, kind=Factor.Kind.TOTP,
        name="Authenticator app", key_id=sealed.key_id, ciphertext=sealed.ciphertext,
    )  # fmt: skip
    uri = totp.address(seed, user.email, membership.organization.name)
    return Enrolment(pk, seed, uri, totp.picture(uri))


@transaction.atomic
def confirm_totp(actor: Actor, pk: UUID, code: str) -> Added:
    """Make an app count. Raises NotFound, ChallengeGone, InvalidFields, ProofRequired."""
    require_recent_proof(actor)
    factor = unconfirmed(actor.user_id, pk)
    if not accepts_code(factor, code):
        raise InvalidFields(code="This code is not right. Wait for the next one and try again.")
    return confirmed(actor, factor)


def unconfirmed(user_id: UUID, pk: UUID) -> Factor:
    """Return an app that waits for its first code, locked. Raises NotFound, ChallengeGone."""
    rows = Factor.objects.filter(user_id=user_id, kind=Factor.Kind.TOTP)
    factor = rows.filter(confirmed_at__isnull=True).select_for_update().filter(id=pk).first()
    if factor is None:
        raise NotFound
    if clock.now() - factor.created_at > UNCONFIRMED:
        raise ChallengeGone
    return factor


def confirmed(actor: Actor, factor: Factor) -> Added:
    """Let a locked app count from now on, in place of the one before."""
    for old in Factor.objects.of_person(factor.user_id, Factor.Kind.TOTP):
        tell(actor, "factor.removed", old, reason="replaced")
        old.delete()
    revise(factor, confirmed_at=clock.now())
    return _added(actor, factor)


@transaction.atomic
def begin_passkey(actor: Actor, place: Place) -> tuple[SignInChallenge, dict[str, Any]]:
    """Return a challenge and options to make a passkey; raises ProofRequired, TooManyFactors."""
    require_recent_proof(actor)
    user = User.objects.get(id=actor.user_id)
    known = _passkeys_of(user)
    challenge = open_challenge(Purpose.PASSKEY_REGISTRATION, user=user)
    options = passkeys.creation_options(
        place, bytes_of(challenge), user_id=user.id, email=user.email, name=user.name, known=known
    )
    return challenge, options


@transaction.atomic
def add_passkey(
    actor: Actor, place: Place, *, challenge_id: UUID, credential: Mapping[str, Any], name: str
) -> Added:
    """Keep a passkey that signed its challenge.

    Raises ProofRequired, ChallengeGone, WrongPasskey and, from the twenty-first on,
    TooManyFactors.
    """
    require_recent_proof(actor)
    user = locked_person(actor.user_id)
    challenge = taken(challenge_id, Purpose.PASSKEY_REGISTRATION)
    if challenge.user_id != user.id:
        raise ChallengeGone
    _passkeys_of(user)
    key = passkeys.registered(place, bytes_of(challenge), credential)
    factor = Factor(
        organization_id=actor.organization_id, user=user, kind=Factor.Kind.PASSKEY, name=name,
        credential_id=key.credential_id, credential=key.credential, sign_count=key.sign_count,
        host=place.host, confirmed_at=clock.now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            factor.save(force_insert=True)
    except IntegrityError as error:  # an authenticator that gives the same id twice
        raise WrongPasskey from error
    return _added(actor, factor)


def _passkeys_of(user: User) -> list[bytes]:
    """Return the ids of the person's passkeys; raises TooManyFactors when there are enough."""
    rows = Factor.objects.of_person(user.id, Factor.Kind.PASSKEY)
    known = [bytes(one) for one in rows.values_list("credential_id", flat=True) if one]
    if len(known) >= PASSKEYS:
        raise TooManyFactors(limit=PASSKEYS)
    return known


@transaction.atomic
def rename_factor(actor: Actor, factor: Factor, *, name: str) -> Factor:
    """Give a locked factor another name."""
    before = factor.name
    if name != before:
        revise(factor, name=name)
        tell(actor, "factor.renamed", factor, before_name=before)
    return factor


@transaction.atomic
def remove_factor(actor: Actor, factor: Factor) -> None:
    """Take a locked factor away. Raises ProofRequired, and FactorRequired for a last one.

    With the last one the recovery codes go.
    """
    require_recent_proof(actor)
    others = Factor.objects.filter(user_id=factor.user_id).confirmed().exclude(id=factor.id)
    locked_person(factor.user_id)
    is_last = not others.exists()
    if is_last and is_required(_membership_of(actor)):
        raise FactorRequired
    tell(actor, "factor.removed", factor)
    factor.delete()
    if is_last:
        RecoveryCode.objects.filter(user_id=actor.user_id).delete()


@transaction.atomic
def forget_factors(email: str, *, reason: str) -> int | None:
    """Remove all factors of a person for the operator; return how many, None for nobody.

    The person is told of each by mail.
    """
    user = User.objects.select_for_update().filter(email__iexact=email).first()
    if user is None:
        return None
    factors = list(Factor.objects.filter(user=user).confirmed().select_for_update())
    for factor in factors:
        system = Actor.system(factor.organization_id)
        tell(system, "factor.removed", factor, reason=reason)
    Factor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    return len(factors)


@transaction.atomic
def renew_recovery_codes(actor: Actor) -> list[str]:
    """Make ten new codes; the old ones are void. Raises ProofRequired, NoFactor."""
    require_recent_proof(actor)
    locked_person(actor.user_id)
    factor = Factor.objects.filter(user_id=actor.user_id).confirmed().order_by("created_at").first()
    if factor is None:
        raise NoFactor
    codes = _new_codes(actor.user_id)
    tell(actor, "recovery_codes.renewed", factor)
    return codes


def recovery_codes_left(actor: Actor) -> int:
    """Return how many codes the person may still use."""
    return RecoveryCode.objects.filter(user_id=actor.user_id, used_at__isnull=True).count()


def _added(actor: Actor, factor: Factor) -> Added:
    tell(actor, "factor.added", factor)
    left = RecoveryCode.objects.filter(user_id=factor.user_id, used_at__isnull=True)
    return Added(factor, [] if left.exists() else _new_codes(factor.user_id))


def _new_codes(user_id: UUID) -> list[str]:
    codes = [new_code() for _ in range(CODES)]
    RecoveryCode.objects.filter(user_id=user_id).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user_id, code_hash=code_hash(user_id, code)) for code in codes
    )
    return codes


def _membership_of(actor: Actor) -> Membership:
    rows = Membership.objects.visible_to(actor).select_related("user", "organization")
    return rows.get(user_id=actor.user_id)
