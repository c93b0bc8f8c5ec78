"""The statements that find whom a session or an API key stands for, and what they return."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from uuid import UUID

import orjson

from apps.core import throttles
from apps.core.actors import Actor
from apps.core.admission import Credentials
from apps.organizations.services import rate_text

Network = IPv4Network | IPv6Network
# All that a credential depends on. As one text it is compared with what is remembered: while it
# stays the same, so does the credential.
COLUMNS = """u.id, m.role, m.client_ids, m.contact_roles, o.id, o.slug, u.first_name, u.last_name,
       u.email, (o.settings #> '{{apis,rateLimit}}')::text, coalesce(r.denied, '{{}}'),
       m.role = 'staff' AND coalesce(o.settings #> '{{security,staff_see_assigned_only}}', 'false')
         = 'true', {bearer}, k.id, k.name, k.prefix, k.scopes, k.addresses"""
OF_SESSION = COLUMNS.format(bearer="s.scopes")
OF_KEY = COLUMNS.format(bearer="k.scopes")
ENTER = "set_config('app.organization', o.id::text, true) AS entered"
USED = "coalesce({row}.last_used_at >= now() - interval '1 minute', false) AS is_fresh"
ALIVE = """u.is_active AND m.is_active AND o.status = 'active'"""
KEY_ALIVE = "k.revoked_at IS NULL AND coalesce(k.expires_at > now(), true)"
PERSON = """
  JOIN accounts_user u ON u.id = {row}.user_id
  JOIN accounts_membership m ON m.id = {row}.membership_id
  JOIN organizations_organization o ON o.id = {row}.organization_id
  LEFT JOIN accounts_customrole r ON r.id = m.custom_role_id
"""
LIVE_SESSION = f"""
  FROM accounts_session s {PERSON.format(row="s")}
  LEFT JOIN accounts_apikey k ON k.id = s.api_key_id
 WHERE s.id = %s AND s.revoked_at IS NULL AND s.expires_at > now() AND {ALIVE} AND {KEY_ALIVE}
"""
LIVE_KEY = f"FROM accounts_apikey k {PERSON.format(row='k')} WHERE {ALIVE} AND {KEY_ALIVE}"


def _facts(columns: str, row: str) -> str:
    return f"ROW({columns})::text AS facts, {USED.format(row=row)}, {ENTER}"


FIND_SESSION = f"SELECT {OF_SESSION}, {_facts(OF_SESSION, 's')} {LIVE_SESSION}"
CONFIRM_SESSION = f"SELECT {_facts(OF_SESSION, 's')} {LIVE_SESSION}"
FIND_KEY = f"SELECT {OF_KEY}, {_facts(OF_KEY, 'k')} {LIVE_KEY} AND k.key_hash = %s"
CONFIRM_KEY = f"SELECT {_facts(OF_KEY, 'k')} {LIVE_KEY} AND k.id = %s"
TOUCH_KEY = "UPDATE accounts_apikey SET last_used_at = now() WHERE id = %s"
TOUCH_SESSION = """
WITH used AS (UPDATE accounts_session SET last_used_at = now() WHERE id = %s RETURNING api_key_id)
UPDATE accounts_apikey k SET last_used_at = now() FROM used WHERE k.id = used.api_key_id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A row of FIND_SESSION or FIND_KEY; the members of the key are None without one."""

    user_id: UUID
    role: str
    client_ids: list[UUID]
    contact_roles: list[str]
    organization_id: UUID
    slug: str
    first_name: str
    last_name: str
    email: str
    limits: str | None
    denied: list[str]
    only_assigned: bool
    token_scopes: list[str] | None
    key_id: UUID | None
    key_name: str | None
    key_prefix: str | None
    key_scopes: list[str] | None
    addresses: list[str] | None
    facts: str
    is_fresh: bool
    entered: str

    def credentials(self, session_id: UUID | None) -> Credentials:
        """Return the credentials that this row gives its bearer."""
        actor = Actor(
            user_id=self.user_id,
            organization_id=self.organization_id,
            role=self.role,
            client_ids=tuple(self.client_ids),
            contact_roles=tuple(self.contact_roles),
            session_id=session_id,
            name=f"{self.first_name} {self.last_name}".strip() or self.email,
            scopes=self._scopes(),
            denied=frozenset(self.denied),
            only_assigned=self.only_assigned,
        )
        bucket, rate = self._bucket()
        networks = tuple(ip_network(text) for text in self.addresses or ())
        return Credentials(actor, self.email, bucket, rate, self.slug, networks)

    def _scopes(self) -> frozenset[str] | None:
        """Return what is left of a token's scopes: those that its key has lost are gone."""
        if self.token_scopes is None:
            return None if self.key_scopes is None else frozenset(self.key_scopes)
        own = frozenset(self.token_scopes)
        return own if self.key_scopes is None else own & frozenset(self.key_scopes)

    def _bucket(self) -> tuple[str, throttles.Rate]:
        if self.key_id is None:
            return f"user:{self.user_id}", rate_of(self.limits, "api")
        names = (self.key_name or "", self.key_prefix or "")
        return f"api_key:{self.key_id}", rate_of(self.limits, "api_key", names)


def rate_of(limits: str | None, bucket: str, names: tuple[str, ...] = ()) -> throttles.Rate:
    """Return the limit of a bucket as the organization's settings document says (C11).

    `names` are those of an API key, which may have a limit of its own.
    """
    return throttles.rate(rate_text(orjson.loads(limits or "{}"), bucket, names))


def is_from_networks(networks: Sequence[str], address: str) -> bool:
    """Whether an address lies in one of the networks; without any, each does."""
    return is_inside(tuple(ip_network(text) for text in networks), address)


def is_inside(networks: Sequence[Network], address: str) -> bool:
    """Whether an address lies in one of the networks; without any, each does."""
    if not networks:
        return True
    try:
        found = _parsed(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


@lru_cache(maxsize=1024)
def _parsed(address: str) -> Any:
    found = ip_address(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
