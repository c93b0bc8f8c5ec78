"""From a page of the server to the web client, signed in: the last step of a page (SSO, mails)."""

import secrets

from django.http import HttpRequest, HttpResponse

from apps.accounts.models import Membership
from apps.accounts.services import hand_over

COOKIE = "portico_handoff"
COOKIE_PATH = "/api/v1/auth/handoffs"
SECONDS = 60


def sent_on(
    request: HttpRequest, membership: Membership, *, method: str, query: str = ""
) -> HttpResponse:
    """Return the redirect that carries a finished sign-in to the web client of this browser.

    The target is fixed: no address comes from the request. `query` is a part of the fragment, for
    the client alone.
    """
    browser = secrets.token_urlsafe(24)
    code = hand_over(membership, method=method, browser=browser)
    response = HttpResponse(status=303, headers={"Location": f"/#/handoff/{code}{query}"})
    response.set_cookie(
        COOKIE, browser, max_age=SECONDS, path=COOKIE_PATH, secure=request.is_secure(),
        httponly=True, samesite="Strict",
    )  # fmt: skip
    return response
