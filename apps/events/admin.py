"""Pages to look at the log and at what its consumers could not handle.

The log is long: filters offer fixed lists instead of asking for all values, and the search looks
for a whole id or the beginning of a kind, which indexes can answer.
"""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.core.admin import LookAdmin
from apps.events.kinds import KINDS
from apps.events.models import Event, Job, Parked


class FixedFilter(admin.SimpleListFilter):
    """A filter whose choices are written in the code."""

    choices_given: ClassVar[tuple[str, ...]] = ()

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(choice, choice) for choice in self.choices_given]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the chosen value."""
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class KindFilter(FixedFilter):
    title, parameter_name, choices_given = "kind", "kind", tuple(sorted(KINDS))


class ActorFilter(FixedFilter):
    title, parameter_name, choices_given = "actor", "actor_type", ("user", "system")


@admin.register(Event)
class EventAdmin(LookAdmin):
    list_display = (
        "seq", "occurred_at", "kind", "aggregate_type", "aggregate_id", "audience", "actor_id",
    )  # fmt: skip
    list_filter: ClassVar[list[Any]] = ["audience", ActorFilter, KindFilter]
    search_fields = ("kind",)
    search_help_text = "A kind, or the whole id of an object, a person or a request"
    date_hierarchy = "occurred_at"
    ordering = ("-seq",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Return the events of an id, or those whose kind begins with the words."""
        words = search_term.strip()
        try:
            found = UUID(words)
        except ValueError:
            return queryset.filter(kind__startswith=words), False
        named = Q(id=found) | Q(aggregate_id=found) | Q(actor_id=found) | Q(request_id=found)
        return queryset.filter(named), False


@admin.register(Parked)
class ParkedAdmin(LookAdmin):
    list_display = ("parked_at", "consumer", "event", "error", "resolved_at")
    list_filter: ClassVar[list[Any]] = ["resolved_at"]
    list_select_related = ("event",)
    search_fields = ("consumer", "error", "event__kind")
    date_hierarchy = "parked_at"


@admin.register(Job)
class JobAdmin(LookAdmin):
    list_display = ("created_at", "kind", "status", "progress", "attempts", "finished_at")
    list_filter: ClassVar[list[Any]] = ["status", "kind"]
    search_fields = ("kind", "error")
    date_hierarchy = "created_at"
