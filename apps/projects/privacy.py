"""Projects: what a person did in them, and the trash."""

from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, Q

from apps.core.privacy import Area, Counts, Subject, Times
from apps.core.tenancy import organization_scope
from apps.projects.models import Phase, PhaseAction, Project


def areas(subject: Subject) -> list[Area]:
    """Return the projects that the person manages, and the steps that he completed."""
    here = {"organization_id": subject.organization_id}
    return [
        Area("projects", "Projects that you manage.", Project.objects.filter(
            manager_id=subject.user_id, **here
        ).values("id", "name", "status", "created_at")),
        Area("phases", "Phases that you completed.", Phase.objects.filter(
            completed_by_id=subject.user_id, **here
        ).values("id", "project_id", "name", "completed_at", "reason")),
        Area("phase_actions", "Actions that you completed.", PhaseAction.objects.filter(
            completed_by_id=subject.user_id, **here
        ).values("id", "phase_id", "description", "completed_at")),
    ]  # fmt: skip


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Remove deleted projects; one that files, invoices or approvals name is only emptied."""
    counts = {"projects.projects": 0, "projects.emptied": 0}
    with organization_scope(organization_id):
        rows = Project.objects.filter(
            organization_id=organization_id, deleted_at__lt=times.before("trash")
        )
        for project in rows.order_by("id")[:most]:
            if _is_removed(project):
                counts["projects.projects"] += 1
            else:
                filled = ~Q(description="") | ~Q(custom={})
                counts["projects.emptied"] += Project.objects.filter(filled, id=project.id).update(
                    description="", custom={}
                )
    return counts


def _is_removed(project: Project) -> bool:
    try:
        with transaction.atomic():
            project.delete()
    except ProtectedError:
        return False
    return True
