"""Makers of projects. They go through the services, so the phases are real."""

from typing import Any

from apps.clients.models import Client
from apps.core.actors import Actor
from apps.core.tenancy import organization_scope
from apps.projects.models import Project
from apps.projects.services import complete_action, complete_phase, create_project, locked_project


def make_project(client: Client, name: str = "Website", **fields: Any) -> Project:
    """A project of `client` in its first phase; `service_type` needs a seeded catalog."""
    actor = Actor.system(client.organization_id)
    with organization_scope(client.organization_id):
        return create_project(actor, client_id=client.id, name=name, **fields)


def do_actions(project: Project) -> None:
    """Do what the client has to do in the current phase."""
    actor = Actor.system(project.organization_id)
    with organization_scope(project.organization_id):
        locked = locked_project(actor, project.id)
        phase = locked.phases.get(status="active")
        for action in phase.actions.filter(completed_at__isnull=True):
            complete_action(actor, locked, phase.key, action.key)


def advance(project: Project, phases: int = 1) -> Project:
    """Complete the next phases of a project, with the client's actions in them."""
    actor = Actor.system(project.organization_id)
    for _ in range(phases):
        do_actions(project)
        with organization_scope(project.organization_id):
            locked = locked_project(actor, project.id)
            project = complete_phase(actor, locked, locked.current_phase)
    return project
