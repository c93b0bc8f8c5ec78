"""OAuth 2.0 client credentials: a service account's key buys access tokens (RFC 6749, 4.4)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from apps.accounts.authentication import digest_of_key
from apps.accounts.errors import UnknownClient, WrongScope
from apps.accounts.facts import is_from_networks
from apps.accounts.models import ApiKey, Session
from apps.accounts.tokens import ACCESS, Bearer, make_token
from apps.core import clock
from apps.core.context import current
from apps.core.ids import uuid7
from apps.core.tenancy import enter_organization
from apps.events.outbox import publish

METHOD = "client_credentials"


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token with its life in seconds and what it may reach."""

    access_token: str
    expires_in: int
    scopes: tuple[str, ...]


@transaction.atomic
def grant_token(*, client_id: str, client_secret: str, scopes: Sequence[str]) -> Grant:
    """Return an access token of the key whose id and text these are.

    It lives 15 minutes, is not refreshed, and ends with its key at once. Without `scopes` it has
    all of the key's. Raises UnknownClient, also for a person's key, and WrongScope.
    """
    key = _key(client_id, client_secret)
    given = tuple(sorted(set(scopes))) or tuple(key.scopes)
    if not set(given) <= set(key.scopes):
        raise WrongScope
    enter_organization(key.organization_id)
    now, context = clock.now(), current()
    session = Session.objects.create(
        organization_id=key.organization_id, user_id=key.user_id, membership=key.membership,
        api_key=key, scopes=list(given), method=METHOD, address=context.address[:45],
        user_agent=context.user_agent, created_at=now, expires_at=now + settings.ACCESS_LIFETIME,
    )  # fmt: skip
    publish(
        key.membership.actor(session.id), "user.signed_in", session, audience="system",
        id=key.user_id, session_id=session.id, address=session.address,
        user_agent=session.user_agent,
    )  # fmt: skip
    lifetime: timedelta = settings.ACCESS_LIFETIME
    bearer = Bearer(
        key.user_id, key.user.email, key.membership.role, key.organization_id, session.id
    )
    token = make_token(ACCESS, bearer, uuid7(), now, lifetime)
    return Grant(token, int(lifetime.total_seconds()), given)


def _key(client_id: str, client_secret: str) -> ApiKey:
    rows = ApiKey.objects.select_related("user", "membership__organization", "membership__user")
    live = rows.filter(
        key_hash=digest_of_key(client_secret), revoked_at__isnull=True, user__is_service=True,
        user__is_active=True, membership__is_active=True, organization__status="active",
    )  # fmt: skip
    key = live.first()
    if key is None or not hmac.compare_digest(str(key.id).encode(), client_id.encode()):
        raise UnknownClient
    if key.expires_at is not None and key.expires_at <= clock.now():
        raise UnknownClient
    if not is_from_networks(key.addresses, current().address):
        raise UnknownClient
    return key
