"""Sign in, refresh, sign out; one-time links; people, their roles and their keys."""

from apps.accounts.services.ending import end_sessions_of
from apps.accounts.services.entering import enter
from apps.accounts.services.granting import Grant, grant_token
from apps.accounts.services.handing_over import accept_handoff, hand_over
from apps.accounts.services.keys import change_key, create_key, revoke_key
from apps.accounts.services.links import issue_link, look_at_link, use_link
from apps.accounts.services.machines import (
    change_service_account,
    create_service_account,
    remove_service_account,
)
from apps.accounts.services.members import change_member, depart, lock_member
from apps.accounts.services.people import (
    PASSWORD_LENGTH,
    change_profile,
    check_strength,
    create_person,
    set_client_access,
)
from apps.accounts.services.roles import change_role, create_role, delete_role
from apps.accounts.services.sessions import SignedIn, end_sessions, open_session, refresh
from apps.accounts.services.signing_in import membership_of, sign_in

__all__ = [
    "PASSWORD_LENGTH",
    "Grant",
    "SignedIn",
    "accept_handoff",
    "change_key",
    "change_member",
    "change_profile",
    "change_role",
    "change_service_account",
    "check_strength",
    "create_key",
    "create_person",
    "create_role",
    "create_service_account",
    "delete_role",
    "depart",
    "end_sessions",
    "end_sessions_of",
    "enter",
    "grant_token",
    "hand_over",
    "issue_link",
    "lock_member",
    "look_at_link",
    "membership_of",
    "open_session",
    "refresh",
    "remove_service_account",
    "revoke_key",
    "set_client_access",
    "sign_in",
    "use_link",
]
