"""Stored bytes as a response: ranges, conditions, and headers that keep them harmless (P63).

A range is one span of bytes (RFC 9110, section 14); a request for several gets the whole file.
"""

import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from apps.core.envelope import refusal_of
from apps.core.errors import InvalidFilter
from apps.core.lists import single_values
from apps.files.errors import BeingChecked, ContentLost, Quarantined, RangeNotSatisfiable
from apps.files.media_types import INLINE
from apps.files.models import FileVersion
from apps.files.providers import Storage, UnknownKey

RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
POLICY = (
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)
WAYS = ("attachment", "inline")


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `first` on."""

    first: int
    length: int


def content_response(
    request: HttpRequest, version: FileVersion, storage: Storage, way: str = ""
) -> HttpResponseBase:
    """Return the bytes of a version, or of the range that the request names.

    `way` is inline or attachment; without it the query says so. Raises BeingChecked, Quarantined,
    ContentLost, InvalidFilter.
    """
    _refuse_unsafe(version)
    headers = _headers(version, way or _way(request))
    if request.META.get("HTTP_IF_NONE_MATCH") in {headers["ETag"], "*"}:
        return HttpResponse(status=304, headers=headers)
    span = _span(request, version)
    if span is None:
        return _not_satisfiable(version.size)
    whole = span.length == version.size
    if not whole:
        last = span.first + span.length - 1
        headers["Content-Range"] = f"bytes {span.first}-{last}/{version.size}"
    headers["Content-Length"] = str(span.length)
    # A file goes out as it lies: an encoding on the way would break lengths, ranges and the tag.
    request.META["HTTP_ACCEPT_ENCODING"] = "identity"
    return _stream(request, version, storage, span, status=200 if whole else 206, headers=headers)


def _stream(
    request: HttpRequest,
    version: FileVersion,
    storage: Storage,
    span: Span,
    *,
    status: int,
    headers: dict[str, str],
) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    try:
        blocks = storage.open(version.storage_key, span.first, span.length)
    except UnknownKey as error:
        raise ContentLost from error
    return StreamingHttpResponse(blocks, status=status, headers=headers)


def _refuse_unsafe(version: FileVersion) -> None:
    if version.scan_status == FileVersion.ScanStatus.PENDING:
        raise BeingChecked
    if version.scan_status == FileVersion.ScanStatus.INFECTED:
        raise Quarantined


def _way(request: HttpRequest) -> str:
    given = single_values(request)
    unknown = sorted(set(given) - {"disposition"})
    if unknown:
        raise InvalidFilter(parameter=unknown[0][:100], fault="unknown", known=["disposition"])
    way = given.get("disposition", WAYS[0])
    if way not in WAYS:
        raise InvalidFilter(parameter="disposition", fault=f"not one of {', '.join(WAYS)}")
    return way


def _headers(version: FileVersion, way: str) -> dict[str, str]:
    """Return the headers; only types that a browser cannot run are ever shown in the page."""
    inline = way == "inline" and version.content_type in INLINE
    kind = version.content_type
    return {
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "Content-Disposition": content_disposition_header(not inline, version.name) or "inline",
        "ETag": f'"{version.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def _span(request: HttpRequest, version: FileVersion) -> Span | None:
    """Return the span to send; None when the range lies beyond the end."""
    whole = Span(0, version.size)
    found = RANGE.fullmatch(request.META.get("HTTP_RANGE", "").replace(" ", ""))
    condition = request.META.get("HTTP_IF_RANGE", "")
    if found is None or (condition and condition != f'"{version.sha256}"'):
        return whole
    first, last = found.groups()
    if not first:
        length = min(int(last or 0), version.size) if last else -1
        if length < 0:
            return whole
        return Span(version.size - length, length) if length else None
    if int(first) >= version.size:
        return None
    end = min(int(last), version.size - 1) if last else version.size - 1
    return Span(int(first), end - int(first) + 1) if end >= int(first) else whole


def _not_satisfiable(size: int) -> HttpResponse:
    """Return 416, which no code of C1 has as its status (RFC 9110, section 15.5.17)."""
    response = refusal_of(RangeNotSatisfiable(size=size))
    response.status_code = 416
    response["Content-Range"] = f"bytes */{size}"
    return response
