"""The frames of `/ws` (C15): what a client may send, and how it is refused."""

from enum import IntEnum
from typing import Any

import orjson

MAX_FRAME_BYTES = 64 * 1024
MAX_ID = 64
# type → the members it needs, each with its JSON type; further members are ignored
SHAPES: dict[str, dict[str, type]] = {
    "auth": {"token": str},
    "subscribe": {"id": str, "topic": str},
    "unsubscribe": {"id": str},
    "resume": {"after": str},
    "typing": {"conversation_id": str, "active": bool},
    "presence": {"status": str},
    "ping": {},
}


class Close(IntEnum):
    """Why the server closes a socket."""

    NO_SIGN_IN = 4000
    SESSION_ENDED = 4001  # sign in again
    TOPIC_NOT_ALLOWED = 4003
    TOO_SLOW = 4008  # connect again and resume
    FRAME_TOO_LARGE = 4009
    TOO_MANY_FRAMES = 4029
    TRY_LATER = 1013  # RFC 6455 registry: the server cannot serve now


class Refusal(Exception):
    """A frame that is answered with an error frame; the socket stays open."""

    def __init__(self, code: str, message: str, name: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.name = code, message, name

    def frame(self) -> dict[str, Any]:
        """Return the error frame."""
        named = {} if self.name is None else {"id": self.name}
        return {"type": "error", "code": self.code, "message": self.message, **named}


def read_frame(text: str) -> dict[str, Any]:
    """Return a frame whose members have the types that its type needs; raises Refusal."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal("MALFORMED_REQUEST", "A frame is a JSON object.") from error
    if not isinstance(frame, dict):
        raise Refusal("MALFORMED_REQUEST", "A frame is a JSON object.")
    name = frame.get("id") if isinstance(frame.get("id"), str) else None
    named = name[:MAX_ID] if name is not None else None
    shape = SHAPES.get(frame["type"]) if isinstance(frame.get("type"), str) else None
    if shape is None:
        raise Refusal("VALIDATION_ERROR", f"`type` is one of {', '.join(SHAPES)}.", named)
    for member, kind in shape.items():
        if not isinstance(frame.get(member), kind):
            raise Refusal("VALIDATION_ERROR", f"`{member}` is missing or of a wrong type.", named)
    if name is not None and not 1 <= len(name) <= MAX_ID:
        raise Refusal("VALIDATION_ERROR", f"`id` needs 1 to {MAX_ID} characters.", named)
    return frame
