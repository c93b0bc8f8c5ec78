"""Keeps the published OpenAPI document true: parameters of lists, envelope, refusals."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_basic_type, is_list_serializer
from drf_spectacular.types import OpenApiTypes

from apps.core.errors import STATUS_OF
from apps.core.fields import ComputedField

PREFIX = "/api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")


class Schema(AutoSchema):
    """Reads filters, sorts and paging from our list views; tags by area."""

    def get_tags(self) -> list[str]:
        """Return the first part of the path as the operation's area."""
        return [self.path.removeprefix(PREFIX).split("/")[0]]

    def get_summary(self) -> str:
        """Return the first line of the method's docstring."""
        method = getattr(self.view, str(self.method).lower(), None)
        return (getattr(method, "__doc__", None) or "").strip().partition("\n")[0]

    def get_operation_id(self) -> str:
        """Return method and path, which is unique and stable: `post_projects_id_phases`."""
        parts = self.path.removeprefix(PREFIX).replace("{", "").replace("}", "")
        return f"{self.method.lower()}_{parts.replace('/', '_').replace('-', '_')}"

    def _is_list_view(self, serializer: Any = None) -> bool:
        is_list = is_list_serializer(serializer) if serializer is not None else False
        return is_list or (self.method == "GET" and getattr(self.view, "is_list", False))

    def get_filter_backends(self) -> list[Any]:
        """Return none: lists declare their filters themselves."""
        return []

    def _get_paginator(self) -> None:
        return None

    def get_override_parameters(self) -> list[Any]:
        """Return the query parameters of lists and the headers of changes."""
        from drf_spectacular.utils import OpenApiParameter

        if self.method == "POST" and not getattr(self.view, "public", False):
            required = getattr(self.view, "idempotency_required", False)
            return [
                OpenApiParameter(
                    "Idempotency-Key", str, OpenApiParameter.HEADER, required=required,
                    description="1 to 255 visible characters; a repeat gets the first answer.",
                )
            ]  # fmt: skip
        if not self._is_list_view():
            return []
        view: Any = self.view
        made = []
        for name, known in view.filters.items():
            schema = dict(known.schema)
            text = schema.pop("description", known.description)
            made.append(OpenApiParameter(name, schema, description=text))
        if view.search:
            made.append(OpenApiParameter("q", str, description="Text to search for."))
        sorts = [way + name for name in view.sorts for way in ("", "-")]
        limit = {"type": "integer", "minimum": 1, "maximum": view.max_limit, "default": 20}
        return [
            *made,
            OpenApiParameter("limit", limit),
            OpenApiParameter("cursor", str, description="From `meta.pagination`."),
            OpenApiParameter("sort", {"type": "string", "enum": sorts}),
            OpenApiParameter("fields", str, description="Names of the fields to keep."),
            OpenApiParameter("include_total", {"type": "boolean", "default": False}),
        ]

    def _plain(self, *args: Any, **kwargs: Any) -> Any:
        base: Any = super()
        return base._map_serializer_field(*args, **kwargs)  # noqa: SLF001  drf-spectacular's own hook

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(field, ComputedField):
            return self._plain(field.shape, direction, *args, **kwargs)
        if type(field).__name__ == "MoneyField":
            return dict(MONEY)
        return self._plain(field, direction, *args, **kwargs)


MONEY = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "integer", "description": "Minor units."},
        "currency": {"type": "string", "minLength": 3, "maxLength": 3},
    },
    "additionalProperties": False,
}


def only_versioned(endpoints: list[Any], **_context: Any) -> list[Any]:
    """Keep the operations under /api/v1/: a preprocessing hook."""
    return [item for item in endpoints if item[0].startswith(PREFIX)]


def wrap_envelope(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Wrap each 2xx body and add the refusals: a postprocessing hook."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(Refusal=_refusal_schema(), Meta=META)
    components["responses"] = {f"Refusal{status}": _refusal(status) for status in REFUSED}
    _simplify_any(result)
    for method, operation in _operations(result):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                _wrap(response)
        _add_refusals(method, operation)
    return result


def _simplify_any(node: Any) -> None:
    """Let null match one part of a `oneOf`: "anything or null" is "anything"."""
    if isinstance(node, dict):
        choices = node.get("oneOf", [])
        if {} in choices:
            del node["oneOf"]
        elif choices:
            node["oneOf"] = [item for n, item in enumerate(choices) if item not in choices[:n]]
        for value in node.values():
            _simplify_any(value)
    elif isinstance(node, list):
        for value in node:
            _simplify_any(value)


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in result["paths"].items():
        if path.startswith(PREFIX):
            for method, operation in methods.items():
                if method in METHODS:
                    yield method, operation


def _wrap(response: dict[str, Any]) -> None:
    content = response.get("content") or {"application/json": {"schema": {"type": "null"}}}
    response["content"] = content
    for kind, body in content.items():
        if kind != "application/json":
            continue
        body["schema"] = {
            "type": "object",
            "required": ["success", "data", "message", "meta"],
            "properties": {
                "success": {"type": "boolean", "enum": [True]},
                "data": body.get("schema", {}),
                "message": {"type": "string"},
                "meta": {"$ref": "#/components/schemas/Meta"},
            },
        }


META = {
    "type": "object",
    "required": ["pagination", "timing", "request_id"],
    "properties": {
        "pagination": {
            "type": ["object", "null"],
            "properties": {
                "limit": {"type": "integer"},
                "has_more": {"type": "boolean"},
                "next_cursor": {"type": ["string", "null"]},
                "prev_cursor": {"type": ["string", "null"]},
                "total": {"type": ["integer", "null"]},
            },
        },
        "timing": {"type": "object", "properties": {"duration_ms": {"type": "number"}}},
        "request_id": build_basic_type(OpenApiTypes.UUID),
    },
}


def _refusal_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["success", "error", "code", "message", "details", "request_id"],
        "properties": {
            "success": {"type": "boolean", "enum": [False]},
            "error": {"type": "boolean", "enum": [True]},
            "code": {"type": "string", "enum": sorted(STATUS_OF)},
            "message": {"type": "string"},
            "details": {"type": ["object", "array", "null"]},
            "request_id": build_basic_type(OpenApiTypes.UUID),
        },
    }


READ_REFUSALS = {400, 401, 403, 404, 405, 413, 429, 500, 503}
WRITE_REFUSALS = READ_REFUSALS | {406, 409, 410, 412, 415, 422, 428}
REFUSED = sorted(WRITE_REFUSALS)


def _add_refusals(method: str, operation: dict[str, Any]) -> None:
    """Name the refusals that the operation can answer, those of `x-refusals` too."""
    more = set(operation.pop("x-refusals", ()))
    for status in sorted((READ_REFUSALS if method == "get" else WRITE_REFUSALS) | more):
        place = {"$ref": f"#/components/responses/Refusal{status}"}
        operation["responses"].setdefault(str(status), place)


def _refusal(status: int) -> dict[str, Any]:
    codes = [code for code, number in STATUS_OF.items() if number == status]
    schema = {"$ref": "#/components/schemas/Refusal"}
    return {
        "description": ", ".join(codes),
        "content": {"application/json": {"schema": schema}},
    }
