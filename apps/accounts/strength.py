"""Which passwords are refused: too short or long, known to every attacker, or the e-mail (R12)."""

from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator

from apps.accounts.errors import WeakPassword

PASSWORD_LENGTH = (8, 128)


def check_strength(password: str, email: str = "") -> None:
    """Raise WeakPassword, with the reason, for one that may not be set (P07)."""
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        raise WeakPassword(f"Use {low} to {high} characters; this one has {len(password)}.")
    plain = password.strip().casefold()
    if email and plain == email.strip().casefold():
        raise WeakPassword("Use something else than your e-mail address.")
    if plain in common_passwords():
        raise WeakPassword("This password is one of the most common ones. Choose another.")


@cache
def common_passwords() -> frozenset[str]:
    """Return Django's list of about 20,000 passwords, in lower case; read once a process."""
    return frozenset(CommonPasswordValidator().passwords)
