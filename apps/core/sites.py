"""What a host name stands for: whether it is served, whose it is, who may call from elsewhere.

Static names come from the setting SERVED_HOSTS, the others are the verified domains of
organizations. Both are asked of the database at most every two seconds a process, so a change
holds everywhere within that time, and a request pays a look into a dictionary.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.http.request import split_domain_port, validate_host
from django.utils.module_loading import import_string

from apps.core.logs import log
from apps.core.memory import Memory

KEPT_SECONDS = 2.0
HOSTS = 2000


@dataclass(frozen=True, slots=True)
class Site:
    """A host name's tenant. `is_own`: it is his alone, so credentials of others mean nothing."""

    organization_id: UUID | None = None
    is_own: bool = False
    origins: frozenset[str] = frozenset()
    rates: Mapping[str, str] = field(default_factory=dict)


NO_SITE = Site()


@dataclass(slots=True)
class _Domains:
    names: frozenset[str] = frozenset()
    until: float = 0.0


def is_served(host: str) -> bool:
    """Whether requests for this `Host` are answered."""
    if host in _static:
        return True
    name, _port = split_domain_port(host)
    if not name:
        return False
    if validate_host(name, settings.SERVED_HOSTS):
        if len(_static) < HOSTS:
            _static.add(host)
        return True
    return name in _verified()


def is_foreign(host: str, organization_id: UUID) -> bool:
    """Whether a host is another organization's alone (P105).

    The names that SERVED_HOSTS spells out are shared by all, which needs no look at the database.
    """
    name, _port = split_domain_port(host)
    if name in settings.SERVED_HOSTS or not name:
        return False
    site = site_of(host)
    return site.is_own and site.organization_id != organization_id


def rate_at(host: str, bucket: str) -> str:
    """Return the limit that the tenant of a host sets for callers without a credential, or ""."""
    return site_of(host).rates.get(bucket, "")


def site_of(host: str) -> Site:
    """Return what a served host stands for."""
    known = _sites.get(host)
    now = time.monotonic()
    if known is not None and known[0] > now:
        return known[1]
    find: Callable[[str], Site] = import_string(settings.SITE_OF_HOST)
    try:
        site = find(split_domain_port(host)[0])
    except DatabaseError as error:
        log.warning("site not found", extra={"error": type(error).__name__})
        return known[1] if known is not None else NO_SITE
    _sites.put(host, (now + KEPT_SECONDS, site))
    return site


def forget_sites() -> None:
    """Ask again at the next request: this process has changed something itself."""
    _domains.until = 0.0
    _static.clear()
    _sites.clear()


def _verified() -> frozenset[str]:
    now = time.monotonic()
    if _domains.until <= now:
        find: Callable[[], frozenset[str]] = import_string(settings.VERIFIED_DOMAINS)
        try:
            _domains.names = find()
        except DatabaseError as error:
            log.warning("domains not found", extra={"error": type(error).__name__})
        _domains.until = now + KEPT_SECONDS
    return _domains.names


_domains = _Domains()
_static: set[str] = set()
_sites: Memory[str, tuple[float, Site]] = Memory(HOSTS)
