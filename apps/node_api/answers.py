"""Bodies of the old face: members by name and no envelope; every refusal has two spellings.

The old admin forms read `message` of a refusal, the old portal reads `error`: both are sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse

from apps.core.envelope import JSON, dumps
from apps.core.renderers import Rendered

UNKNOWN_ROUTE = "API endpoint not found"
# A picture or document may be framed by a page of the same origin, and runs nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


def answer(members: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Return an object of `members`; a `Rendered` one is JSON already and goes in as it is."""
    parts = [dumps(name) + b":" + _json(value) for name, value in members.items()]
    return raw_json(b"{" + b",".join(parts) + b"}", status)


def raw_json(content: bytes, status: int = 200) -> HttpResponse:
    """Return `content`, which is JSON already."""
    response = HttpResponse(content, content_type=f"{JSON}; charset=utf-8", status=status)
    response["Content-Security-Policy"] = POLICY
    return response


def refused(
    status: int,
    text: str,
    details: Sequence[Any] | None = None,
    **members: Any,
) -> HttpResponse:
    """Return a refusal: `error` and `message` hold the same text."""
    body: dict[str, Any] = {"error": text, "message": text}
    if details:
        body["details"] = details
    return answer(body | members, status)


def refused_by_framework(status: int, text: str) -> HttpResponse:
    """Return the shape of the old server's last resort: `error` is an object."""
    return answer({"error": {"message": text, "status": status}, "message": text}, status)


def unknown_route(method: str) -> HttpResponse:
    """Return the 404 of a path that nobody serves; a GET has another shape than the rest."""
    if method in {"GET", "HEAD"}:
        return refused(404, UNKNOWN_ROUTE)
    return refused_by_framework(404, UNKNOWN_ROUTE)


def _json(value: Any) -> bytes:
    return bytes(value) if isinstance(value, Rendered) else dumps(value)
