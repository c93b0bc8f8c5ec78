"""What is kept of a peer's answer: its beginning, without anything that looks like a secret."""

import re

HEAD_BYTES = 4096
MASK = "***"
NAMED = re.compile(
    r"(?i)(\"?(?:authorization|set-cookie|cookie|password|passwd|[\w-]*secret|[\w-]*token|"
    r"api[_-]?key|signature)\"?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&<>]+(?:\s+[\w.~+/=-]+)?)"
)
SHAPED = re.compile(
    r"whsec_[A-Za-z0-9+/=_-]+|\b[sp]k_[a-z]+_\w+|(?i:bearer)\s+[\w.~+/=-]+|"
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*"
)


def masked(text: str) -> str:
    """Return `text` with values of secret names and secret shapes masked, without NULs."""
    named = NAMED.sub(lambda match: match[1] + MASK, text.replace("\x00", ""))
    return SHAPED.sub(MASK, named)


def masked_head(status: int, body: bytes) -> str:
    """Return status and beginning of an answer, at most 4 KiB, masked."""
    text = body[: HEAD_BYTES * 2].decode("utf-8", "replace")
    kept = f"{status}\n{masked(text)}".encode()[:HEAD_BYTES]
    return kept.decode("utf-8", "ignore")
