"""Notices to a person about his own account: one for each act of the audit that he must hear of.

They go to the people of the event, whatever their role, and cannot be switched off (R26, R117).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says. Time, device and address come from the event."""

    subject: str
    lead: str
    button: str = "Look at your account"
    page: str = "account"


NOT_YOU = "If this was not you, change your password now and tell the studio."
NOTICES: dict[str, Notice] = {
    "password.changed": Notice(
        "Your password was changed", f"All other devices were signed out. {NOT_YOU}"
    ),
    "user.locked": Notice(
        "Sign-in to your account is locked for a while",
        "Somebody typed a wrong password several times. The lock ends by itself, and browsers "
        "you have used before still get in. Was it you? Then ask for a new password.",
    ),
    "identity.linked": Notice(
        "A way to sign in was added to your account",
        "You came in through your company's own sign-in, and it is now tied to this account. If "
        "this was not you, tell the studio.",
    ),
    "role.changed": Notice(
        "Your role has changed",
        "You have another role now, given by the studio or by your company's sign-in. If you lost "
        "rights by it, your other devices were signed out.",
    ),
    "email.changed": Notice(
        "Your sign-in address was changed", f"Both addresses have confirmed it. {NOT_YOU}"
    ),
    "api_key.created": Notice(
        "An API key was made", f"It lets a program act in the portal. {NOT_YOU}"
    ),
    "session.reused": Notice(
        "We ended one of your sessions",
        "Somebody used an old key of this session, so it was ended everywhere. Sign in again; "
        "if you did nothing unusual, change your password.",
    ),
    "export.ready": Notice(
        "Your export is ready",
        "The archive with the data that you asked for can be downloaded for the next days. "
        f"{NOT_YOU}",
        button="Download it",
    ),
    "factor.added": Notice(
        "A second factor was added",
        f"From now on it can be used to sign in to your account. {NOT_YOU}",
    ),
    "factor.removed": Notice(
        "A second factor was removed", f"It no longer protects your account. {NOT_YOU}"
    ),
    "recovery_codes.renewed": Notice(
        "Your recovery codes were renewed", f"The old ones no longer work. {NOT_YOU}"
    ),
    "recovery_code.used": Notice(
        "A recovery code was used to sign in",
        f"Each works once. Make new ones when few are left. {NOT_YOU}",
    ),
    "passkey.refused": Notice(
        "One of your passkeys was refused",
        "Its counter went back, as it does when a passkey was copied. Nobody was signed in. "
        "Remove this passkey and make a new one; if you do not know why, tell the studio.",
    ),
}
