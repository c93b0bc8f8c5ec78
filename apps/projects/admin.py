"""Projects, phases and the catalog to look at."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from apps.core.admin import LookAdmin
from apps.core.money import Money
from apps.projects.models import LibraryPhase, Phase, Project, ServiceType


@admin.register(Project)
class ProjectAdmin(LookAdmin):
    list_display = (
        "name", "client_link", "status", "current_phase", "progress_bar", "budget", "due_date",
    )  # fmt: skip
    list_filter = ("status", "priority")
    search_fields = ("name", "client__name")
    list_select_related = ("client",)
    date_hierarchy = "created_at"

    @admin.display(description="client", ordering="client__name")
    def client_link(self, project: Project) -> str:
        """Return a link to the company's page."""
        return _link("admin:clients_client_change", project.client_id, project.client)

    @admin.display(description="progress", ordering="progress")
    def progress_bar(self, project: Project) -> str:
        """Return the progress in percent as a bar with its number."""
        return format_html(
            '<progress max="100" value="{0}">{0} %</progress> {0} %', project.progress
        )

    @admin.display(description="budget", ordering="budget_minor")
    def budget(self, project: Project) -> str:
        """Return the budget as people write it."""
        if project.budget_minor is None:
            return "-"
        return Money(project.budget_minor, project.currency).text()


@admin.register(Phase)
class PhaseAdmin(LookAdmin):
    list_display = ("name", "project_link", "position", "status", "due_date", "completed_at")
    list_filter = ("status",)
    search_fields = ("name", "project__name")
    list_select_related = ("project",)

    @admin.display(description="project", ordering="project__name")
    def project_link(self, phase: Phase) -> str:
        """Return a link to the project's page."""
        return _link("admin:projects_project_change", phase.project_id, phase.project)


@admin.register(LibraryPhase)
class LibraryPhaseAdmin(LookAdmin):
    list_display = ("key", "name", "position", "is_standard", "requires_client_action")
    list_filter = ("is_standard", "is_active")
    search_fields = ("key", "name")


@admin.register(ServiceType)
class ServiceTypeAdmin(LookAdmin):
    list_display = ("code", "name", "position", "phase_keys", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")


def _link(view: str, pk: Any, text: object) -> str:
    return format_html('<a href="{}">{}</a>', reverse(view, args=[pk]), text)
