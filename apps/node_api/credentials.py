"""Which token a request of the old pages carries: header, and where it must be cookie or query.

The rules are points 5 to 7 of the contract's section on authentication.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest

NO_TOKEN = {"", "null", "undefined"}  # two old scripts write these words into the header
COOKIE, QUERY = "adminToken", "token"
OWN_SITE = {"same-origin", "none"}  # `none`: opened by the person, not by a page


def token_of(request: HttpRequest, *, cookie: bool = False, query: bool = False) -> str:
    """Return the access token, or an empty text.

    A cookie counts only without an `Authorization` header and from our own origin, since a
    browser sends it by itself. A token in the address counts only where a route allows it.
    """
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token: str = text.strip()
    if scheme.lower() == "bearer" and token not in NO_TOKEN:
        return token
    if query and request.GET.get(QUERY, "") not in NO_TOKEN:
        return str(request.GET[QUERY])
    if cookie and request.COOKIES.get(COOKIE, "") not in NO_TOKEN and _of_own_origin(request):
        return request.COOKIES[COOKIE]
    return ""


def _of_own_origin(request: HttpRequest) -> bool:
    """Whether our own page sent this; without both headers only a read is believed."""
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        known = OWN_SITE if request.method in {"GET", "HEAD"} else {"same-origin"}
        return site in known
    origin = request.META.get("HTTP_ORIGIN")
    if origin is not None:
        return urlsplit(str(origin)).netloc == request.get_host()
    return request.method in {"GET", "HEAD"}
