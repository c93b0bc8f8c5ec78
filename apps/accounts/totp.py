"""Time-based codes of authenticator apps (RFC 6238): six digits, 30 seconds, one step around."""

import hmac
import io

import pyotp
import segno

from apps.core import clock

STEP_SECONDS = 30
AROUND = (-1, 0, 1)  # clocks differ, and people type slowly
DIGITS = 6


def new_seed() -> str:
    """Return 160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def address(seed: str, person: str, studio: str) -> str:
    """Return the `otpauth://` address that an app reads from the picture."""
    return pyotp.TOTP(seed).provisioning_uri(name=person, issuer_name=studio)


def picture(text: str) -> str:
    """Return a QR code as a whole SVG document, which scales and needs no file."""
    svg = io.BytesIO()
    segno.make(text, error="m").save(
        svg, kind="svg", xmldecl=False, nl=False, border=4, dark="#000", light="#fff", omitsize=True
    )
    return svg.getvalue().decode()


def step_of(seed: str, code: str, after: int | None) -> int | None:
    """Return the time step that a code belongs to; None for a wrong one.

    Steps up to `after` were used: their codes do not work again.
    """
    now = int(clock.now().timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(seed)
    found = None
    for step in (now + offset for offset in AROUND):
        fits = hmac.compare_digest(generator.generate_otp(step).encode(), code.encode())
        if fits and (after is None or step > after):
            found = step
    return found
