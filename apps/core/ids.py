"""Identifiers that sort by the time at which they were made."""

import secrets
import time
import uuid

NANOSECONDS_PER_MILLISECOND = 1_000_000


def uuid7() -> uuid.UUID:
    """Return a UUID version 7; within one process a later call gives a greater id.

    48 bits of Unix milliseconds, 12 bits for the fraction of the millisecond, 62 random bits.
    Source: RFC 9562, section 6.2, method 3. Without the fraction, ids of one millisecond
    would sort at random and a page border could fall between them twice.
    """
    milliseconds, rest = divmod(time.time_ns(), NANOSECONDS_PER_MILLISECOND)
    fraction = (rest << 12) // NANOSECONDS_PER_MILLISECOND
    head = (milliseconds << 80) | (0x7 << 76) | (fraction << 64)
    return uuid.UUID(int=head | (0b10 << 62) | secrets.randbits(62))
