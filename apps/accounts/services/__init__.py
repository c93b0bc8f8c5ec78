"""Sign in, refresh, sign out; factors and proofs; one-time links; people and memberships."""

from apps.accounts.services.changing_passwords import (
    change_password,
    replace_password,
)
from apps.accounts.services.ending import (
    end_sessions_of,
)
from apps.accounts.services.enrolment import (
    begin_enrolment,
    finish_enrolment,
)
from apps.accounts.services.entering import (
    enter,
    enter_or_ask,
)
from apps.accounts.services.factors import (
    add_passkey,
    begin_passkey,
    begin_totp,
    confirm_totp,
    forget_factors,
    recovery_codes_left,
    remove_factor,
    rename_factor,
    renew_recovery_codes,
)
from apps.accounts.services.granting import (
    Grant,
    grant_token,
)
from apps.accounts.services.handing_over import (
    accept_handoff,
    hand_over,
)
from apps.accounts.services.importing import (
    import_person,
    is_bcrypt,
)
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
from apps.accounts.services.keys import (
    change_key,
    create_key,
    revoke_key,
)
from apps.accounts.services.links import (
    issue_link,
    look_at_link,
    use_link,
)
from apps.accounts.services.machines import (
    change_service_account,
    create_service_account,
    remove_service_account,
)
from apps.accounts.services.mailed_links import (
    link_for,
    request_link,
    reset_password,
    sign_in_by_link,
    use_sign_in_link,
)
from apps.accounts.services.members import (
    change_member,
    depart,
    lock_member,
)
from apps.accounts.services.passkey_sign_in import (
    begin_passkey_use,
    sign_in_with_passkey,
)
from apps.accounts.services.people import (
    add_person,
    change_profile,
    create_person,
    set_client_access,
)
from apps.accounts.services.proofs import (
    give_proof,
    require_recent_proof,
)
from apps.accounts.services.registering import (
    look_at_registration,
    open_account,
    prove_registrant,
    request_registration,
)
from apps.accounts.services.roles import (
    change_role,
    create_role,
    delete_role,
)
from apps.accounts.services.second_factor import (
    give_second_factor,
)
from apps.accounts.services.sessions import (
    SignedIn,
    end_every_session,
    end_sessions,
    open_session,
    refresh,
)
from apps.accounts.services.sign_on.entries import (
    Entry,
    offered_to,
)
from apps.accounts.services.sign_on.exchanging import (
    exchange_statement,
)
from apps.accounts.services.sign_on.finishing import (
    Finished,
    finish_oauth,
    finish_saml,
)
from apps.accounts.services.sign_on.starting import (
    Started,
    our_metadata,
    start_sign_on,
)
from apps.accounts.services.signing_in import (
    membership_of,
    person_with_password,
    prove_password,
    sign_in,
)
from apps.accounts.services.verifying import (
    confirm_email_change,
    look_at_email_change,
    refuse_email_change,
    request_email_change,
    request_verification,
    verify_email,
)
from apps.accounts.strength import (
    PASSWORD_LENGTH,
)

__all__ = [
    "PASSWORD_LENGTH",
    "Entry",
    "Finished",
    "Grant",
    "Invitee",
    "SignedIn",
    "Started",
    "accept_handoff",
    "add_passkey",
    "add_person",
    "begin_enrolment",
    "begin_passkey",
    "begin_passkey_use",
    "begin_totp",
    "change_key",
    "change_member",
    "change_password",
    "change_profile",
    "change_role",
    "change_service_account",
    "confirm_email_change",
    "confirm_totp",
    "create_key",
    "create_person",
    "create_role",
    "create_service_account",
    "delete_role",
    "depart",
    "end_every_session",
    "end_sessions",
    "end_sessions_of",
    "enter",
    "enter_or_ask",
    "exchange_statement",
    "finish_enrolment",
    "finish_oauth",
    "finish_saml",
    "forget_factors",
    "give_proof",
    "give_second_factor",
    "grant_token",
    "hand_over",
    "has_account",
    "import_person",
    "invite",
    "is_bcrypt",
    "issue_link",
    "join",
    "link_for",
    "lock_member",
    "look_at_email_change",
    "look_at_invitation",
    "look_at_link",
    "look_at_registration",
    "membership_of",
    "offered_to",
    "open_account",
    "open_session",
    "our_metadata",
    "person_with_password",
    "prove_invitee",
    "prove_password",
    "prove_registrant",
    "recovery_codes_left",
    "refresh",
    "refuse_email_change",
    "remove_factor",
    "remove_service_account",
    "rename_factor",
    "renew_recovery_codes",
    "replace_password",
    "request_email_change",
    "request_link",
    "request_registration",
    "request_verification",
    "require_recent_proof",
    "resend_invitation",
    "reset_password",
    "revoke_invitation",
    "revoke_key",
    "set_client_access",
    "sign_in",
    "sign_in_by_link",
    "sign_in_with_passkey",
    "start_sign_on",
    "use_link",
    "use_sign_in_link",
    "verify_email",
]
