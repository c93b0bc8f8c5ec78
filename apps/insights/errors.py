"""Refusals of exports and erasures."""

from apps.core.errors import DomainError


class LastOwner(DomainError):
    code = "CONFLICT"
    rule = "last_owner"
    message = "An organization needs an owner. Make somebody else the owner first."


class ErasedAlready(DomainError):
    code = "CONFLICT"
    rule = "erased_already"
    message = "The erasure of this person was asked for already."


class ExportNotReady(DomainError):
    code = "CONFLICT"
    rule = "export_not_ready"
    message = "The export is not ready yet. Its job tells how far it is."


class ExportExpired(DomainError):
    code = "GONE"
    rule = "export_expired"
    message = "The export was removed. Ask for a new one."


class ExportRunning(DomainError):
    code = "CONFLICT"
    rule = "export_running"
    message = "An export of this person is being made already."
