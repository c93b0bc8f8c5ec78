"""Carry a sign-in from a page that the server shows to the web client (SSO, links in mails).

The browser is sent on with a code in the fragment of the address, which never reaches a server or
a log; the client trades it for a token pair within a minute. The code works only in the browser
that it was made for: a stranger's code, sent as a link, would sign the reader in as the stranger.
"""

import hashlib
import hmac

from django.db import transaction

from apps.accounts.errors import MfaRequired, TokenInvalid
from apps.accounts.links import link_text
from apps.accounts.models import Membership, OneTimeLink, Session
from apps.accounts.services.entering import enter_or_ask
from apps.accounts.services.links import issue_link, use_link
from apps.accounts.services.sessions import SignedIn

PURPOSE = OneTimeLink.Purpose.HANDOFF


def hand_over(membership: Membership, *, method: str, browser: str = "") -> str:
    """Return a code that signs `membership` in once, within 60 seconds.

    `browser` is a random text that the browser keeps as a cookie; see `apps.accounts.sending_on`.
    """
    data = {"method": method} | ({"browser": _digest(browser)} if browser else {})
    link = issue_link(membership, PURPOSE, **data)
    return link_text(link.id, PURPOSE)


def accept_handoff(code: str, browser: str = "") -> SignedIn:
    """Trade a code for a session. Raises TokenInvalid, LinkGone and what `enter` raises."""
    with transaction.atomic():
        link = use_link(code, PURPOSE)
        wanted = link.data.get("browser")
        if wanted is not None and not hmac.compare_digest(wanted, _digest(browser)):
            raise TokenInvalid
        outcome = enter_or_ask(link.membership, method=link.data["method"], face=Session.Face.API)
    if isinstance(outcome, MfaRequired):
        raise outcome
    return outcome


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
