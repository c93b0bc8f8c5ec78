"""The two bodies of `/api/v1/`: success and refusal (C1). Bytes in, bytes out."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse

from apps.core.context import RequestContext, current
from apps.core.errors import STATUS_OF, DomainError

JSON = "application/json"
OPTIONS = orjson.OPT_NON_STR_KEYS


def dumps(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON; a type that JSON lacks becomes its `str`."""
    return orjson.dumps(value, default=str, option=OPTIONS)


def success_bytes(
    data: bytes,
    *,
    message: str = "",
    pagination: Any = None,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the success body around `data`, which is JSON already."""
    context = current()
    meta = {
        "pagination": pagination,
        "timing": {"duration_ms": context.duration_ms},
        "request_id": str(context.request_id),
    } | dict(extra or {})
    return b'{"success":true,"data":%b,"message":%b,"meta":%b}' % (
        data, orjson.dumps(message), orjson.dumps(meta, default=str),
    )  # fmt: skip


def refusal_body(code: str, message: str, details: Any, context: RequestContext) -> dict[str, Any]:
    """Return the refusal body. `error` is the boolean of C1 (decision X2)."""
    return {
        "success": False,
        "error": True,
        "code": code,
        "message": message,
        "details": details or None,
        "request_id": str(context.request_id),
    }


def refusal(
    code: str, message: str, details: Any = None, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return a refusal as a response, with the status that belongs to `code`."""
    body = dumps(refusal_body(code, message, details, current()))
    return HttpResponse(
        body, content_type=JSON, status=STATUS_OF[code], headers=dict(headers or {})
    )


def refusal_of(error: DomainError) -> HttpResponse:
    """Return the response of a domain error."""
    return refusal(error.code, error.message, error.details, error.headers)
