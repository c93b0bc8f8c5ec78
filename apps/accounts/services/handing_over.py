"""Carry a sign-in from a page that the server shows to the web client (SSO, links in mails).

The browser is sent on with a code in the fragment of the address, which never reaches a server or
a log; the client trades it for a token pair within a minute.
"""

from django.db import transaction

from apps.accounts.errors import MfaRequired
from apps.accounts.links import link_text
from apps.accounts.models import Membership, OneTimeLink, Session
from apps.accounts.services.entering import enter_or_ask
from apps.accounts.services.links import issue_link, use_link
from apps.accounts.services.sessions import SignedIn

PURPOSE = OneTimeLink.Purpose.HANDOFF


def hand_over(membership: Membership, *, method: str) -> str:
    """Return a code that signs `membership` in once, within 60 seconds."""
    link = issue_link(membership, PURPOSE, method=method)
    return link_text(link.id, PURPOSE)


def accept_handoff(code: str) -> SignedIn:
    """Trade a code for a session. Raises TokenInvalid, LinkGone and what `enter` raises."""
    with transaction.atomic():
        link = use_link(code, PURPOSE)
        outcome = enter_or_ask(link.membership, method=link.data["method"], face=Session.Face.API)
    if isinstance(outcome, MfaRequired):
        raise outcome
    return outcome
