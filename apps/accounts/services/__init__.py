"""Sign in, refresh, sign out; one-time links; invitations; people and their memberships."""

from apps.accounts.services.entering import enter
from apps.accounts.services.handing_over import accept_handoff, hand_over
from apps.accounts.services.invitations import (
    Invitee,
    has_account,
    invite,
    join,
    look_at_invitation,
    prove_invitee,
    resend_invitation,
    revoke_invitation,
)
from apps.accounts.services.links import issue_link, look_at_link, use_link
from apps.accounts.services.mailed_links import (
    link_for,
    request_link,
    reset_password,
    sign_in_by_link,
    use_sign_in_link,
)
from apps.accounts.services.people import (
    add_person,
    change_profile,
    create_person,
    set_client_access,
)
from apps.accounts.services.registering import (
    look_at_registration,
    open_account,
    prove_registrant,
    request_registration,
)
from apps.accounts.services.sessions import (
    SignedIn,
    end_every_session,
    end_sessions,
    open_session,
    refresh,
)
from apps.accounts.services.signing_in import membership_of, prove_password, sign_in
from apps.accounts.services.verifying import (
    confirm_email_change,
    look_at_email_change,
    refuse_email_change,
    request_email_change,
    request_verification,
    verify_email,
)
from apps.accounts.strength import PASSWORD_LENGTH, check_strength

__all__ = [
    "PASSWORD_LENGTH",
    "Invitee",
    "SignedIn",
    "accept_handoff",
    "add_person",
    "change_profile",
    "check_strength",
    "confirm_email_change",
    "create_person",
    "end_every_session",
    "end_sessions",
    "enter",
    "hand_over",
    "has_account",
    "invite",
    "issue_link",
    "join",
    "link_for",
    "look_at_email_change",
    "look_at_invitation",
    "look_at_link",
    "look_at_registration",
    "membership_of",
    "open_account",
    "open_session",
    "prove_invitee",
    "prove_password",
    "prove_registrant",
    "refresh",
    "refuse_email_change",
    "request_email_change",
    "request_link",
    "request_registration",
    "request_verification",
    "resend_invitation",
    "reset_password",
    "revoke_invitation",
    "set_client_access",
    "sign_in",
    "sign_in_by_link",
    "use_link",
    "use_sign_in_link",
    "verify_email",
]
