"""API keys: made, changed, revoked. The text is shown once and never stored (R142)."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.authentication import digest_of_key
from apps.accounts.errors import KeyOfOwner, TooManyKeys
from apps.accounts.models import ApiKey, Membership
from apps.accounts.permissions import LEADERS, require_grantable
from apps.accounts.scopes import known_scopes
from apps.accounts.services.proofs import require_recent_proof
from apps.core import clock
from apps.core.actors import OWNER, Actor
from apps.core.errors import InvalidFields, NotFound
from apps.core.models import revise
from apps.core.scopes import NotForKeys
from apps.events.outbox import record
from apps.organizations.models import Organization

RANDOM_BYTES = 32
SHOWN_OF_RANDOM = 6
KEYS_OF_PERSON, KEYS_OF_ORGANIZATION = 25, 1000
ADDRESSES_OF_KEY = 50
PERSON, SERVICE = "pk", "sk"


@transaction.atomic
def create_key(
    actor: Actor,
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    addresses: Sequence[str] = (),
    service_account_id: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Make a key of the actor, or of a service account; return it with its text.

    Several keys of one person may work at once, so that a new one is in use before the old one
    ends. Raises NotForKeys, NotFound for an unknown service account,
    PermissionDenied for one that may do more than the actor, TooManyKeys, and
    InvalidFields for unknown scopes, an end in the past and addresses that are no networks.
    """
    require_person(actor)
    holder = _holder(actor, service_account_id)
    fields = _checked(name=name, scopes=scopes, expires_at=expires_at, addresses=addresses)
    _refuse_too_many(holder)
    kind = SERVICE if holder.user.is_service else PERSON
    mark = f"{kind}_{'live' if settings.IN_PRODUCTION else 'test'}_"
    text = mark + secrets.token_urlsafe(RANDOM_BYTES)
    key = ApiKey.objects.create(
        organization_id=actor.organization_id, user_id=holder.user_id, membership=holder,
        created_by_id=actor.user_id, prefix=text[: len(mark) + SHOWN_OF_RANDOM],
        key_hash=digest_of_key(text), **fields,
    )  # fmt: skip
    record(
        actor, "api_key.created", key, user_ids=[actor.user_id], after=_told(key),
        holder=str(holder.user_id),
    )  # fmt: skip
    return key, text


@transaction.atomic
def change_key(actor: Actor, key: ApiKey, **changes: Any) -> ApiKey:
    """Set name, scopes, end or addresses of a locked key; it counts with the next request.

    Raises NotForKeys, KeyOfOwner, InvalidFields.
    """
    _require_right(actor, key)
    fields = _checked(**changes)
    changed = {name: value for name, value in fields.items() if getattr(key, name) != value}
    if changed:
        before = _told(key)
        revise(key, **changed)
        record(
            actor, "api_key.changed", key, user_ids=[actor.user_id], before=before,
            after=_told(key),
        )  # fmt: skip
    return key


@transaction.atomic
def revoke_key(actor: Actor, key: ApiKey, *, reason: str = "revoked") -> None:
    """End a locked key for good, with the access tokens that it gave. Raises as `change_key`."""
    _require_right(actor, key)
    _revoke(actor, key, reason)


def revoke_keys_of(actor: Actor, membership: Membership, *, reason: str) -> int:
    """End all keys of a person or service account; return how many worked."""
    rows = ApiKey.objects.filter(membership=membership, revoked_at__isnull=True)
    keys = list(rows.select_for_update(of=("self",)).order_by("id"))
    for key in keys:
        _revoke(actor, key, reason)
    return len(keys)


def require_person(actor: Actor) -> None:
    """Raise NotForKeys or ProofRequired: only a person who has just proved himself goes on.

    Keys make and change no credentials.
    """
    if actor.scopes is not None:
        raise NotForKeys
    require_recent_proof(actor)


def _require_right(actor: Actor, key: ApiKey) -> None:
    require_person(actor)
    if key.membership.role == OWNER and key.user_id != actor.user_id and actor.role != OWNER:
        raise KeyOfOwner


def _holder(actor: Actor, service_account_id: UUID | None) -> Membership:
    rows = Membership.objects.select_related("user").filter(
        organization_id=actor.organization_id, is_active=True
    )
    if service_account_id is None:
        return rows.get(user_id=actor.user_id)
    found = rows.filter(user_id=service_account_id, user__is_service=True).first()
    if found is None or actor.role not in LEADERS:
        raise NotFound
    require_grantable(actor, found.role)
    return found


def _refuse_too_many(holder: Membership) -> None:
    """Count under a lock on the organization, so that two at once cannot pass the bound."""
    Organization.objects.select_for_update(no_key=True).get(id=holder.organization_id)
    working = ApiKey.objects.filter(organization_id=holder.organization_id, revoked_at__isnull=True)
    if working.filter(user_id=holder.user_id).count() >= KEYS_OF_PERSON:
        raise TooManyKeys(limit=KEYS_OF_PERSON)
    if working.count() >= KEYS_OF_ORGANIZATION:
        raise TooManyKeys(limit=KEYS_OF_ORGANIZATION)


def _checked(**fields: Any) -> dict[str, Any]:
    if "scopes" in fields:
        fields["scopes"] = _scopes(fields["scopes"])
    if "addresses" in fields:
        fields["addresses"] = _addresses(fields["addresses"])
    end = fields.get("expires_at")
    if end is not None and end <= clock.now():
        raise InvalidFields(expires_at="This time has passed.")
    return fields


def _scopes(wanted: Iterable[str]) -> list[str]:
    unknown = sorted(set(wanted) - known_scopes())
    if unknown:
        raise InvalidFields(scopes=f"There is no such scope: {', '.join(unknown[:5])[:200]}.")
    return sorted(set(wanted))


def _addresses(texts: Sequence[str]) -> list[str]:
    try:
        return sorted({str(ip_network(text.strip())) for text in texts})
    except ValueError as error:
        raise InvalidFields(addresses=f"This is no network: {error}."[:300]) from error


def _revoke(actor: Actor, key: ApiKey, reason: str) -> None:
    revise(key, revoked_at=clock.now(), revoked_reason=reason)
    record(actor, "api_key.revoked", key, before=_told(key), reason=reason)


def _told(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name, "prefix": key.prefix, "scopes": key.scopes,
        "addresses": key.addresses, "expires_at": key.expires_at,
    }  # fmt: skip
