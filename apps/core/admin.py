"""Admin pages look; services change. A page shows one organization, as the API does."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.core.actors import Actor
from apps.core.tenancy import enter_organization

PAGE_ROWS = 50


def admin_actor(request: HttpRequest) -> Actor | None:
    """Return the actor of a signed-in admin user and enter his organization; None without one."""
    if not hasattr(request, "portico_actor"):
        user: Any = request.user
        memberships = user.memberships.filter(is_active=True)
        team = memberships.exclude(role="client")
        membership = team.select_related("user", "organization", "custom_role").first()
        request.portico_actor = membership.actor() if membership else None  # type: ignore[attr-defined]
    actor: Actor | None = request.portico_actor  # type: ignore[attr-defined]
    if actor is not None:
        enter_organization(actor.organization_id)
    return actor


class LookAdmin(ModelAdmin):
    """A model to look at: lists, filters, search and links, without a way to change a row.

    Set `list_select_related` for each relation in `list_display`: a list costs the same
    number of queries for any number of rows.
    """

    list_per_page = PAGE_ROWS
    show_full_result_count = False
    actions: Any = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return what the signed-in person may see."""
        actor = admin_actor(request)
        rows: Any = self.model._default_manager
        shown: QuerySet[Any] = rows.visible_to(actor) if actor is not None else rows.none()
        return shown

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to whoever may open the admin."""
        return bool(getattr(request.user, "is_staff", False))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let whoever may open the admin look."""
        return bool(getattr(request.user, "is_staff", False))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a service is the only way in."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: a state changes through its service."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are archived or voided through their services."""
        return False
