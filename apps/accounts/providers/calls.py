"""Calls to a provider's server: guarded, few at once, and one deadline for a whole sign-in."""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from apps.accounts.providers.identities import ProviderAway
from apps.core.errors import Unavailable
from apps.core.outgoing.http import Answer, GuardedClient, Outcome

DEADLINE_SECONDS = 10.0
DOCUMENT_BYTES = 256 * 1024
# A provider that hangs holds this many request threads of a process, and no more.
_places = threading.BoundedSemaphore(8)


class Caller:
    """Makes the calls of one sign-in; together they last at most `seconds`."""

    def __init__(self, client: GuardedClient, seconds: float = DEADLINE_SECONDS) -> None:
        self.client = client
        self.ends = time.monotonic() + seconds

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return the document behind a URL. Raises ProviderAway, Unavailable."""
        return self._good(self._send("GET", url, headers or {}, b"")).body

    def fetch_json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the JSON object behind a URL. Raises ProviderAway, Unavailable."""
        return _object(self.fetch(url, {"Accept": "application/json", **(headers or {})}))

    def post_form(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Return the answer to a form, whatever its status. Raises ProviderAway, Unavailable."""
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self._send("POST", url, {**form, **headers}, urlencode(fields).encode())

    def read(self, answer: Answer) -> dict[str, Any]:
        """Return the JSON object of an answer that went well. Raises ProviderAway."""
        return _object(self._good(answer).body)

    def _send(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise ProviderAway("no time is left", timed_out=True)
        if not _places.acquire(blocking=False):
            raise Unavailable
        try:
            answer = self.client.send(
                method, url, headers={"User-Agent": "Portico", **headers}, content=content,
                deadline_seconds=left, answer_bytes=DOCUMENT_BYTES,
            )  # fmt: skip
        finally:
            _places.release()
        if answer.status is None or answer.timed_out:
            raise ProviderAway(answer.error or "no answer", timed_out=answer.timed_out)
        return answer

    @staticmethod
    def _good(answer: Answer) -> Answer:
        if answer.outcome != Outcome.OK:
            raise ProviderAway(f"status {answer.status}")
        if len(answer.body) >= DOCUMENT_BYTES:
            raise ProviderAway("the answer is too long")
        return answer


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise ProviderAway("the answer is no JSON") from error
    if not isinstance(found, dict):
        raise ProviderAway("the answer is no JSON object")
    return found
