"""The log of the whole test run, kept in a file and searched for every secret that was issued.

Passwords of the cast, tokens, texts of one-time links and whatever was sealed are remembered as
they are made. At the end of the run none of them may stand in the log (R203, L49).
"""

import base64
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.accounts import links, tokens
from apps.core.derived_keys import mac
from apps.core.keyring import Keyring
from apps.core.logs import JSONFormatter
from tests.factories import PASSWORD

SHORTEST = 12
RUN = re.compile(r"[\w-]{24,}", re.ASCII)


def leaks(text: str, issued: Iterable[str]) -> list[str]:
    """Return which of the issued secrets stand in a text.

    A secret is looked up by its last long run of letters, such as the signature of a token; a
    phrase, which has none, is searched for as it is.
    """
    runs = set(RUN.findall(text))
    found = []
    for secret in issued:
        parts = RUN.findall(secret)
        if parts[-1] in runs if parts else secret in text:
            found.append(secret)
    return found


@contextmanager
def kept_log(path: Path, issued: set[str]) -> Iterator[None]:
    """Write every log record to `path` as the portal would, and gather what is issued."""
    handler = logging.FileHandler(path, delay=True)
    handler.setFormatter(JSONFormatter())
    root = logging.getLogger()
    issued.add(PASSWORD)
    undo = [
        _watched(tokens, "_sign", issued, lambda text, *_args: text),
        _watched(links, "_named", issued, lambda named, link_id, *_args: _link(link_id, named)),
        _watched(Keyring, "seal", issued, lambda _sealed, _ring, _id, _use, secret: secret),
    ]
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
        for restore in undo:
            restore()


def _watched(
    owner: Any, name: str, issued: set[str], secret_of: Callable[..., str]
) -> Callable[[], None]:
    """Remember a secret of each call of `owner.name`; return what puts the function back."""
    original = getattr(owner, name)

    def watched(*args: Any) -> Any:
        result = original(*args)
        secret = secret_of(result, *args)
        if len(secret) >= SHORTEST:
            issued.add(secret)
        return result

    setattr(owner, name, watched)
    return lambda: setattr(owner, name, original)


def _link(link_id: Any, named: bytes) -> str:
    proof = mac(links.KEYS, named, links.MAC_BYTES)
    return base64.urlsafe_b64encode(link_id.bytes + proof).decode()
