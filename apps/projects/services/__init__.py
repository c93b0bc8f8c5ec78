"""Use cases of projects, their phases and the catalog they are made from."""

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
    "change_phase",
    "change_project",
    "complete_action",
    "complete_phase",
    "create_project",
    "delete_project",
    "locked_project",
    "restore_project",
    "seed_catalog",
]
