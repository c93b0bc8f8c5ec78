"""Use cases of projects, their phases and the catalog they are made from."""

from apps.projects.services.members import (
    add_member,
    change_project_role,
    hand_over_projects,
    remove_member,
    require_hand,
    teams_of,
)
from apps.projects.services.phases import (
    change_phase,
    complete_action,
    complete_phase,
    locked_project,
)
from apps.projects.services.projects import (
    change_project,
    create_project,
    delete_project,
    restore_project,
)
from apps.projects.services.seeds import seed_catalog

__all__ = [
    "add_member",
    "change_phase",
    "change_project",
    "change_project_role",
    "complete_action",
    "complete_phase",
    "create_project",
    "delete_project",
    "hand_over_projects",
    "locked_project",
    "remove_member",
    "require_hand",
    "restore_project",
    "seed_catalog",
    "teams_of",
]
