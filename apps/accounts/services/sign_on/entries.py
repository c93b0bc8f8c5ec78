"""The providers of an organization, as its settings document lists them (`apis.authProviders`).

The plain strings of the list ("oauth") mean that the studio may set such a provider up; they sign
nobody in. An entry that lacks what its protocol needs is left out and logged: one mistake must not
close the other ways in.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.accounts.models import Membership
from apps.core.errors import NotFound
from apps.core.logs import log
from apps.organizations.models import Organization

OAUTH, SAML, CUSTOM = "oauth", "saml", "custom"
PAGES = (OAUTH, SAML)  # begun by a person on the sign-in page
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
GIVEN_ROLES = frozenset(Membership.Role.values) - {Membership.Role.OWNER}
CONTACT_ROLES = frozenset({"admin", "member", "approver", "viewer"})
NEEDED = {
    OAUTH: ({"issuer"}, {"client_id"}),
    SAML: ({"metadata_url", "metadata_xml", "sso_url"},),
    CUSTOM: ({"audience"}, {"jwks_url", "shared_secret"}),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One provider. `client_id` is the client company whose own it is; None: the studio's."""

    name: str
    kind: str
    title: str
    domains: frozenset[str]
    is_required: bool
    creates_people: bool
    default_role: str
    contact_role: str
    client_id: UUID | None
    role_claim: str
    roles: Mapping[str, str]
    settings: Mapping[str, Any]

    def text(self, key: str, default: str = "") -> str:
        """Return a text of the entry's own settings."""
        value = self.settings.get(key, default)
        return value if isinstance(value, str) else default


def entries_of(organization: Organization) -> Iterator[Entry]:
    """Yield the providers that can be used, in the order of the document."""
    for item in organization.setting("apis.authProviders"):
        if isinstance(item, str) or item.get("enabled") is False:
            continue
        try:
            yield _entry(item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("provider left out", extra={"fault": f"{type(error).__name__}: {error}"})


def entry_of(organization: Organization, name: str, kinds: tuple[str, ...]) -> Entry:
    """Return a provider by its name. Raises NotFound, also for one of another kind."""
    for entry in entries_of(organization):
        if entry.name == name and entry.kind in kinds:
            return entry
    raise NotFound


def offered_to(organization: Organization, email: str) -> list[Entry]:
    """Return the providers for an address. Whether anybody has it is not looked at.

    Those without domains are for everybody.
    """
    domain = domain_of(email)
    return [
        entry
        for entry in entries_of(organization)
        if entry.kind in PAGES and (not entry.domains or domain in entry.domains)
    ]


def required_for(organization: Organization, email: str) -> Entry | None:
    """Return the provider that is the only way in for an address, or None (R20)."""
    domain = domain_of(email)
    entries = entries_of(organization)
    return next((entry for entry in entries if entry.is_required and domain in entry.domains), None)


def domain_of(email: str) -> str:
    """Return the part of an address behind its last `@`, in small letters."""
    return email.rpartition("@")[2].strip().lower()


def _entry(item: Mapping[str, Any]) -> Entry:
    name, kind = item["name"], item["type"]
    if not NAME.fullmatch(name):
        raise ValueError("name")
    for group in NEEDED[kind]:
        if not any(item.get(key) for key in group):
            raise ValueError(f"{name} needs {' or '.join(sorted(group))}")
    client = item.get("client_company_id")
    roles = item.get("role_map") or {}
    return Entry(
        name=name,
        kind=kind,
        title=str(item.get("title") or name.replace("_", " ").capitalize())[:80],
        domains=frozenset(str(domain).lower() for domain in item.get("domains", [])),
        is_required=item.get("required") is True,
        creates_people=item.get("create_people", True) is True,
        default_role=_one_of(GIVEN_ROLES, item.get("default_role", Membership.Role.CLIENT)),
        contact_role=_one_of(CONTACT_ROLES, item.get("contact_role", "member")),
        client_id=UUID(client) if client else None,
        role_claim=str(item.get("role_claim", "groups")),
        roles={group: _one_of(GIVEN_ROLES, role) for group, role in roles.items()},
        settings=item,
    )


def _one_of(known: frozenset[str], role: Any) -> str:
    if role not in known:
        raise ValueError(f"no provider gives the role {role}")
    return str(role)
