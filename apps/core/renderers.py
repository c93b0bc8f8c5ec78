"""How DRF's bodies become bytes. No DRF views here: DRF reads its renderers while it loads."""

from collections.abc import Mapping
from typing import Any

from rest_framework import renderers

from apps.core.envelope import dumps, success_bytes


class Rendered(bytes):
    """JSON that PostgreSQL has rendered already: it goes into the envelope as it is."""


class PlainJSONRenderer(renderers.BaseRenderer):
    """JSON by orjson, without an envelope."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return `data` as UTF-8."""
        return bytes(data) if isinstance(data, Rendered) else dumps(data)


class EnvelopeRenderer(PlainJSONRenderer):
    """JSON inside the envelope of the versioned API; a refusal comes complete."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the body; `response.portico` may hold `message`, `pagination` and `extra`."""
        content = super().render(data)
        response = (renderer_context or {})["response"]
        if response.exception:
            return content
        return success_bytes(content, **getattr(response, "portico", {}))
