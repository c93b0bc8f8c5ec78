"""Sign in, refresh, sign out; factors and proofs; one-time links; people and memberships."""

from apps.accounts.services.changing_passwords import change_password, replace_password
from apps.accounts.services.enrolment import begin_enrolment, finish_enrolment
from apps.accounts.services.entering import enter, enter_or_ask
from apps.accounts.services.factors import (
    add_passkey,
    begin_passkey,
    begin_totp,
    confirm_totp,
    recovery_codes_left,
    remove_factor,
    rename_factor,
    renew_recovery_codes,
)
from apps.accounts.services.handing_over import accept_handoff, hand_over
from apps.accounts.services.importing import import_person, is_bcrypt
from apps.accounts.services.links import issue_link, look_at_link, use_link
from apps.accounts.services.passkey_sign_in import begin_passkey_use, sign_in_with_passkey
from apps.accounts.services.people import (
    PASSWORD_LENGTH,
    change_profile,
    check_strength,
    create_person,
    set_client_access,
)
from apps.accounts.services.proofs import give_proof, require_recent_proof
from apps.accounts.services.second_factor import give_second_factor
from apps.accounts.services.sessions import SignedIn, end_sessions, open_session, refresh
from apps.accounts.services.sign_on.entries import Entry, offered_to
from apps.accounts.services.sign_on.exchanging import exchange_statement
from apps.accounts.services.sign_on.finishing import Finished, finish_oauth, finish_saml
from apps.accounts.services.sign_on.starting import Started, our_metadata, start_sign_on
from apps.accounts.services.signing_in import membership_of, person_with_password, sign_in

__all__ = [
    "PASSWORD_LENGTH",
    "Entry",
    "Finished",
    "SignedIn",
    "Started",
    "accept_handoff",
    "add_passkey",
    "begin_enrolment",
    "begin_passkey",
    "begin_passkey_use",
    "begin_totp",
    "change_password",
    "change_profile",
    "check_strength",
    "confirm_totp",
    "create_person",
    "end_sessions",
    "enter",
    "enter_or_ask",
    "exchange_statement",
    "finish_enrolment",
    "finish_oauth",
    "finish_saml",
    "give_proof",
    "give_second_factor",
    "hand_over",
    "import_person",
    "is_bcrypt",
    "issue_link",
    "look_at_link",
    "membership_of",
    "offered_to",
    "open_session",
    "our_metadata",
    "person_with_password",
    "recovery_codes_left",
    "refresh",
    "remove_factor",
    "rename_factor",
    "renew_recovery_codes",
    "replace_password",
    "require_recent_proof",
    "set_client_access",
    "sign_in",
    "sign_in_with_passkey",
    "start_sign_on",
    "use_link",
]
