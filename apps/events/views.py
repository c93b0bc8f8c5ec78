"""The schemas of event kinds, as C6's `dataschema` names them."""

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps.events.kinds import KINDS
from apps.events.schemas import schema_of


@require_safe
def event_schema(request: HttpRequest, kind: str, version: int) -> JsonResponse:
    """Return the JSON Schema of a kind's data."""
    if kind not in KINDS or version != 1:
        raise Http404
    return JsonResponse(schema_of(kind, version))
