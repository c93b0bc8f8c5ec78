"""JSON bodies: bounded in size, refused whole when a part is wrong."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from apps.core.errors import Malformed, PayloadTooLarge


def read_bounded(stream: IO[bytes], limit: int) -> bytes:
    """Return the whole body; raises PayloadTooLarge before more than `limit` bytes are kept."""
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise PayloadTooLarge(limit_bytes=limit)
    return body


def parse_json(body: bytes) -> Any:
    """Return the value; an empty body is `{}`. Raises Malformed with the place of the fault.

    RFC 8259. Invalid UTF-8, lone surrogates, NaN and integers beyond 64 bits are refused too.
    """
    if not body.strip():
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(fault=str(error)) from error


class JSONParser(BaseParser):
    """DRF's parser over `parse_json`; the limit is `JSON_BODY_BYTES` (1 MiB)."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the parsed body; raises Malformed, PayloadTooLarge."""
        return parse_json(read_bounded(stream, settings.JSON_BODY_BYTES))
