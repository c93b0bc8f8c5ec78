"""Notices to a person about his own account: one for each act of the audit that he must hear of.

They go to the people of the event, whatever their role, and cannot be switched off (R26, R117).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says. Time, device and address come from the event's `details`."""

    subject: str
    lead: str
    button: str = "Look at your account"
    page: str = "account"


NOT_YOU = "If this was not you, change your password now and tell the studio."
NOTICES: dict[str, Notice] = {
    "password.changed": Notice(
        "Your password was changed", f"All other devices were signed out. {NOT_YOU}"
    ),
    "api_key.created": Notice(
        "An API key was made", f"It lets a program act in the portal. {NOT_YOU}"
    ),
    "session.reused": Notice(
        "We ended one of your sessions",
        "Somebody used an old key of this session, so it was ended everywhere. Sign in again; "
        "if you did nothing unusual, change your password.",
    ),
}
