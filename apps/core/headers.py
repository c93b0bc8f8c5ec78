"""Headers of our own making, put beside those of a response.

Django checks and converts each header that is set, which is right for values from elsewhere and a
tenth of a short request for a dozen constants and numbers. Only what is known to be ASCII without
a line break may be put here.
"""

from collections.abc import Mapping

from django.http import HttpResponseBase

Prepared = Mapping[str, tuple[str, str]]


def prepared(headers: Mapping[str, str]) -> Prepared:
    """Return headers in the form in which a response keeps them."""
    return {name.lower(): (name, value) for name, value in headers.items()}


def put(response: HttpResponseBase, name: str, value: str) -> None:
    """Set one header."""
    response.headers._store[name.lower()] = (name, value)  # noqa: SLF001  the point of this module


def put_missing(response: HttpResponseBase, headers: Prepared) -> None:
    """Set those headers that the response does not have."""
    store = response.headers._store  # noqa: SLF001
    for key, entry in headers.items():
        store.setdefault(key, entry)
