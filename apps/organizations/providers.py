"""The port to name servers, and DNS as its adapter."""

from collections.abc import Sequence
from typing import Protocol

import dns.exception
import dns.resolver

DEADLINE_SECONDS = 5.0
MOST_RECORDS = 50


class NamesUnreachable(RuntimeError):
    """No name server gave an answer."""


class TextRecords(Protocol):
    """Looks up text records."""

    def values_of(self, name: str) -> list[str]:
        """Return the texts of a name, none when it has none; raises NamesUnreachable."""
        ...


class Dns:
    """Asks the name servers of the machine, or those that are given as `address:port`."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self.servers = tuple(servers)

    def values_of(self, name: str) -> list[str]:
        """Return the TXT records of a name (RFC 1035, 3.3.14), their parts joined."""
        resolver = dns.resolver.Resolver(configure=not self.servers)
        resolver.cache = None
        if self.servers:
            address, _, port = self.servers[0].rpartition(":")
            resolver.nameservers, resolver.port = [address], int(port)
        try:
            answer = resolver.resolve(
                name + ".", "TXT", lifetime=DEADLINE_SECONDS, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NamesUnreachable(type(error).__name__) from error
        records = list(answer.rrset or [])[:MOST_RECORDS]
        return [b"".join(record.strings).decode("utf-8", "replace") for record in records]
