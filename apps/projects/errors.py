"""Refusals about projects and their phases."""

from apps.core.errors import DomainError


class WrongStatus(DomainError):
    code = "INVALID_TRANSITION"
    rule = "project_status"
    message = "The project cannot go from its present status to that one."


class PhasesOpen(DomainError):
    code = "BUSINESS_RULE"
    rule = "phases_open"
    message = "A project is completed by its last phase. Complete or skip the open phases."


class NotRunning(DomainError):
    code = "INVALID_TRANSITION"
    rule = "project_not_running"
    message = "The project is on hold, cancelled or completed."


class PhaseNotCurrent(DomainError):
    code = "INVALID_TRANSITION"
    rule = "phase_not_current"
    message = "Only the current phase can be worked on."


class ClientActionsMissing(DomainError):
    code = "BUSINESS_RULE"
    rule = "client_actions_missing"
    message = "The client has not done all that this phase needs. Skip it with a reason, or wait."


class ActionCompleted(DomainError):
    code = "INVALID_TRANSITION"
    rule = "action_completed"
    message = "This was done before."


class ClientArchived(DomainError):
    code = "BUSINESS_RULE"
    rule = "client_archived"
    message = "The client is archived. Restore it before you begin something for it."


class FixedField(DomainError):
    code = "BUSINESS_RULE"
    rule = "fixed_field"
    message = "The client and the service type of a project stay as they were at its start."


class NothingToRestore(DomainError):
    code = "INVALID_TRANSITION"
    rule = "nothing_to_restore"
    message = "This project is not deleted."


class ClientDeleted(DomainError):
    code = "CONFLICT"
    rule = "client_deleted"
    message = "The project's client is deleted. Restore the client first."


class NotTheLead(DomainError):
    code = "PERMISSION_DENIED"
    rule = "not_the_lead"
    message = "Leads, the manager and the studio's admins decide who works on a project."


class OnlyLooksOn(DomainError):
    code = "PERMISSION_DENIED"
    rule = "project_viewer"
    message = "You are a viewer of this project."


class MemberTwice(DomainError):
    code = "DUPLICATE"
    rule = "project_member_taken"
    message = "This person works on the project already."
