"""The organization, and the editor of its settings document (R141).

The editor goes through the same service as the API: it cannot save what the API would refuse.
"""

import json
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import action

from apps.core.actors import Actor
from apps.core.admin import LookAdmin, admin_actor
from apps.core.errors import DomainError
from apps.core.parsers import parse_json
from apps.core.rights import require
from apps.organizations import services
from apps.organizations.document.faults import MAX_BYTES
from apps.organizations.models import ConfigVersion, Domain, Organization, OrganizationSecret

SHOWN_VERSIONS = 25


@admin.register(Organization)
class OrganizationAdmin(LookAdmin):
    list_display = ("name", "slug", "status", "currency", "timezone", "is_demo", "created_at")
    list_filter = ("status", "is_demo")
    search_fields = ("name", "slug")
    exclude = ("settings",)
    actions_detail: ClassVar[list[str]] = ["settings_page"]

    def get_urls(self) -> list[Any]:
        """Add the page of one version of the settings."""
        page = self.admin_site.admin_view(self.version_page)
        place = "<uuid:object_id>/settings/versions/<int:number>"
        own = [path(place, page, name="organizations_organization_version")]
        return [*own, *super().get_urls()]

    @action(description="Settings", url_path="settings", icon="tune")
    def settings_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the document, check it or save it."""
        actor, organization = self._opened(request, object_id)
        found = services.configuration_of(organization)
        context: dict[str, Any] = {"text": _pretty(found.document), "number": found.number}
        if request.method == "POST":
            answer = self._changed(request, actor, context)
            if answer is not None:
                return answer
        rows = _versions(actor)[:SHOWN_VERSIONS]
        context |= {
            "versions": rows,
            "last": rows[0] if rows else None,
            "notices": context.get("notices", found.notices),
            "max_kib": MAX_BYTES // 1024,
        }
        return self._page(request, organization, "settings", context)

    def version_page(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Show what a version changed; roll back to it."""
        actor, organization = self._opened(request, object_id)
        rows = _versions(actor)
        version = rows.filter(number=number).first()
        if version is None:
            raise Http404
        if request.method == "POST":
            services.roll_back(actor, number)
            messages.success(request, f"The settings are those of version {number} again.")
            return _to_settings(organization)
        before = rows.filter(number=number - 1).first()
        present = services.configuration_of(organization)
        context = {
            "version": version,
            "present": present.number,
            "changes": services.difference(before.document, version.document) if before else [],
            "since": services.difference(version.document, present.document),
        }
        return self._page(request, organization, "version", context)

    def _opened(self, request: HttpRequest, object_id: str) -> tuple[Actor, Organization]:
        actor = admin_actor(request)
        if actor is None:
            raise PermissionDenied
        organization = self.get_object(request, str(object_id))
        if organization is None:
            raise Http404
        try:
            require(actor, "organization.read")
        except DomainError as error:
            raise PermissionDenied from error
        return actor, organization

    def _changed(
        self, request: HttpRequest, actor: Actor, context: dict[str, Any]
    ) -> HttpResponse | None:
        """Save or check what was sent; None shows the page again, with what is wrong."""
        context["text"] = text = request.POST.get("document", "")
        context["number"] = number = request.POST.get("number", "")
        try:
            document = parse_json(text.encode())
            if "check" in request.POST:
                checked = services.check_document(actor, document)
                context |= {
                    "checked": True,
                    "changes": [change.shown() for change in checked.changes],
                    "notices": checked.notices,
                }
                return None
            expected = {int(number)} if number.isdigit() else set()
            done = services.replace_document(actor, document, expected=expected)
        except DomainError as error:
            context |= {"fault": error.message, "faults": _faults(error)}
            return None
        words = f"Saved as version {done.number}." if done.changes else "Nothing was changed."
        messages.success(request, words)
        return HttpResponseRedirect(request.path)

    def _page(
        self, request: HttpRequest, organization: Organization, name: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = self.admin_site.each_context(request) | {
            "opts": self.model._meta,
            "title": f"Settings of {organization.name}",
            "organization": organization,
            "back": _place(organization),
            "settings_url": _settings(organization),
        }
        template = f"admin/organizations/{name}.html"
        return TemplateResponse(request, template, shared | context)


def _versions(actor: Actor) -> QuerySet[ConfigVersion]:
    rows: QuerySet[ConfigVersion] = ConfigVersion.objects.visible_to(actor)
    return rows.select_related("author").order_by("-number")


def _pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _faults(error: DomainError) -> list[dict[str, str]]:
    """Return the faults of a refusal: those of a document, or what else its details say."""
    if isinstance(error.details, list):
        return error.details
    return [{"field": str(k), "message": str(v)} for k, v in error.details.items()]


def _place(organization: Organization) -> str:
    return reverse("admin:organizations_organization_change", args=[organization.id])


def _settings(organization: Organization) -> str:
    return reverse("admin:organizations_organization_settings_page", args=[organization.id])


def _to_settings(organization: Organization) -> HttpResponse:
    return HttpResponseRedirect(_settings(organization))


@admin.register(Domain)
class DomainAdmin(LookAdmin):
    list_display = ("name", "verified_at", "created_at")
    search_fields = ("name",)
    exclude = ("organization",)


@admin.register(OrganizationSecret)
class OrganizationSecretAdmin(LookAdmin):
    """The names of secrets; what they hold is shown nowhere."""

    list_display = ("name", "last_four", "updated_at")
    search_fields = ("name",)
    fields = ("name", "last_four", "key_id", "created_at", "updated_at")
