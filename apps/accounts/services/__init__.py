"""Sign in, refresh, sign out; one-time links; people and their memberships."""

from apps.accounts.services.changing_passwords import change_password, replace_password
from apps.accounts.services.entering import enter
from apps.accounts.services.handing_over import accept_handoff, hand_over
from apps.accounts.services.importing import import_person, is_bcrypt
from apps.accounts.services.links import issue_link, look_at_link, use_link
from apps.accounts.services.people import (
    PASSWORD_LENGTH,
    change_profile,
    check_strength,
    create_person,
    set_client_access,
)
from apps.accounts.services.sessions import SignedIn, end_sessions, open_session, refresh
from apps.accounts.services.sign_on.entries import Entry, offered_to
from apps.accounts.services.sign_on.exchanging import exchange_statement
from apps.accounts.services.sign_on.finishing import Finished, finish_oauth, finish_saml
from apps.accounts.services.sign_on.starting import Started, our_metadata, start_sign_on
from apps.accounts.services.signing_in import membership_of, sign_in

__all__ = [
    "PASSWORD_LENGTH",
    "Entry",
    "Finished",
    "SignedIn",
    "Started",
    "accept_handoff",
    "change_password",
    "change_profile",
    "check_strength",
    "create_person",
    "end_sessions",
    "enter",
    "exchange_statement",
    "finish_oauth",
    "finish_saml",
    "hand_over",
    "import_person",
    "is_bcrypt",
    "issue_link",
    "look_at_link",
    "membership_of",
    "offered_to",
    "open_session",
    "our_metadata",
    "refresh",
    "replace_password",
    "set_client_access",
    "sign_in",
    "start_sign_on",
    "use_link",
]
