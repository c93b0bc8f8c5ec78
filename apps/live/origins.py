"""Which pages may open a socket: our own, and those of origins that the studio names (P19).

Browsers send cookies and addresses with a socket to anywhere and ask nobody, so the server looks
at the origin. Programs send none, and are told apart by their token alone.
"""

from collections.abc import Iterable

from apps.core.sites import is_served, site_of

Headers = Iterable[tuple[bytes, bytes]]


def is_welcome(headers: Headers) -> bool:
    """Whether a socket with these headers may be opened. May ask the database."""
    given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    host, origin = given.get("host", ""), given.get("origin")
    if not is_served(host):
        return False
    if origin is None:
        return True
    return origin.partition("://")[2] == host or origin in site_of(host).origins
