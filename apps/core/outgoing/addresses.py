"""Which addresses an outgoing call may reach (`integration.md`, section 6.2; P102, R159).

A name is resolved once and every address it gives must be allowed. Who connects must use the
addresses returned here and never ask for the name again.
"""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LookupTimeout
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int, float], Sequence[str]]

HTTPS_PORTS = frozenset({443, 8443})
MAX_URL = 500
UNICAST6 = IPv6Network("2000::/3")
# Documentation, tunnels and relays that `is_global` lets pass in some versions of Python.
REFUSED: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"),
)  # fmt: skip

_lookups = ThreadPoolExecutor(max_workers=8, thread_name_prefix="lookup")


class RefusedAddress(ValueError):
    """The URL leads, or may lead, to a place that calls must not reach."""


class UnknownHost(OSError):
    """The name has no address, or no answer came in time."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: `addresses` are checked; `host` is for `Host` and the certificate."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def resolve_target(
    url: str,
    allow: Sequence[str] = (),
    *,
    timeout_seconds: float = 2.0,
    resolve: "Resolve | None" = None,
) -> Target:
    """Return the checked target of `url`.

    `allow` names hosts and networks that are excepted from all rules but the form of the URL.
    Raises RefusedAddress, and UnknownHost when the name cannot be resolved.
    """
    scheme, host, port, path = _parts(url)
    named = host in allow
    if not named and (scheme != "https" or port not in HTTPS_PORTS) and not allow:
        raise RefusedAddress("only https on port 443 or 8443 is allowed")
    addresses = tuple((resolve or look_up)(host, port, timeout_seconds))
    if not addresses:
        raise UnknownHost(f"{host} has no address")
    if not named:
        _refuse_unlisted(scheme, port, addresses, allow)
    return Target(scheme, host, port, path, addresses)


def _refuse_unlisted(
    scheme: str, port: int, addresses: Sequence[str], allow: Sequence[str]
) -> None:
    networks = _networks(allow)
    for text in addresses:
        address = _unwrapped(text)
        if any(address in network for network in networks):
            continue
        if scheme != "https" or port not in HTTPS_PORTS:
            raise RefusedAddress("only https on port 443 or 8443 is allowed")
        if not is_outside(address):
            raise RefusedAddress("the address leads inside")


def is_outside(address: Address) -> bool:
    """Whether an address is a public unicast one that leads nowhere else."""
    if any(address in network for network in REFUSED) or address.is_multicast:
        return False
    if isinstance(address, IPv6Address) and address not in UNICAST6:
        return False
    return address.is_global


def look_up(host: str, port: int, timeout_seconds: float) -> list[str]:
    """Return the addresses of a name; raises UnknownHost. Literals are read without a lookup.

    The C library has no deadline for lookups, so one runs in a thread that may be left behind.
    """
    with suppress(ValueError):
        return [str(ip_address(host))]
    try:
        found = _lookups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(
            timeout_seconds
        )
    except (OSError, LookupTimeout, UnicodeError) as error:
        raise UnknownHost(f"{host} cannot be resolved") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _parts(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path; every doubtful form is refused, not repaired."""
    if len(url) > MAX_URL:
        raise RefusedAddress(f"longer than {MAX_URL} characters")
    if any(ord(char) <= 32 or ord(char) == 127 or char == "\\" for char in url):
        raise RefusedAddress("holds spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedAddress("not a URL") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusedAddress("needs the form https://host/path")
    if "@" in parts.netloc:
        raise RefusedAddress("must not hold a user or password")
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    if not target.isascii():
        raise RefusedAddress("path and query must be percent-encoded")
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, _ascii_host(parts.hostname), default if port is None else port, target


def _ascii_host(host: str) -> str:
    if "%" in host:
        raise RefusedAddress("must not hold a zone or an escape in the host")
    try:
        return host.encode("idna").decode("ascii").rstrip(".").lower()
    except UnicodeError as error:
        raise RefusedAddress("not a host name") from error


def _unwrapped(text: str) -> Address:
    try:
        address = ip_address(text)
    except ValueError as error:
        raise RefusedAddress("not an address") from error
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _networks(allow: Sequence[str]) -> list[Network]:
    networks: list[Network] = []
    for entry in allow:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            continue  # a host name: compared as text
    return networks
