"""Refusals of uploads, downloads and changes of files."""

from apps.core.errors import DomainError, InvalidTransition, Malformed, PayloadTooLarge


class NotMultipart(DomainError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    message = "Send the file as multipart/form-data."


class BrokenUpload(Malformed):
    message = "The upload did not arrive whole. Send it again."


class FileTooLarge(PayloadTooLarge):
    rule = "file_too_large"
    message = "The file is larger than this portal accepts."


class TooManyFiles(PayloadTooLarge):
    rule = "too_many_files"
    message = "These are more files than one upload may hold."


class EmptyFile(DomainError):
    rule = "empty_file"
    message = "The file is empty. Choose the right one and send it again."


class NotAsDeclared(DomainError):
    rule = "not_as_declared"
    message = "What arrived is not what the sender declared. Send the file again."


class TypeNotAllowed(DomainError):
    rule = "type_not_allowed"
    message = "Programs and web pages are not accepted here. Put it into a ZIP archive."


class BeingChecked(DomainError):
    code = "CONFLICT"
    rule = "being_checked"
    message = "The file is being checked. Try again in a moment."


class Quarantined(DomainError):
    code = "PERMISSION_DENIED"
    rule = "quarantined"
    message = "A check found something harmful in this file, so it is kept apart."


class ContentLost(DomainError):
    code = "GONE"
    rule = "content_lost"
    message = "The content of this file is no longer in the store. Tell the studio."


class RangeNotSatisfiable(DomainError):
    rule = "range_not_satisfiable"
    message = "The file ends before the range that was asked for."


class NotYours(DomainError):
    code = "PERMISSION_DENIED"
    rule = "not_your_upload"
    message = "You may change what you uploaded yourself."


class NotDeleted(InvalidTransition):
    rule = "not_deleted"
    message = "This file was not deleted."
