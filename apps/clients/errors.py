"""Refusals about client companies and contacts."""

from apps.core.errors import DomainError


class ClientInUse(DomainError):
    code = "CONFLICT"
    rule = "client_in_use"
    message = "This client has invoices or projects. Archive it instead."


class NothingToRestore(DomainError):
    code = "INVALID_TRANSITION"
    rule = "nothing_to_restore"
    message = "This is neither archived nor deleted."


class AlreadyArchived(DomainError):
    code = "INVALID_TRANSITION"
    rule = "already_archived"
    message = "This client is archived already."


class PersonOfTeam(DomainError):
    code = "CONFLICT"
    rule = "person_of_team"
    message = "This e-mail belongs to a person of the team, who cannot be a client's contact too."


class ContactTwice(DomainError):
    code = "DUPLICATE"
    rule = "contact_exists"
    message = "This client has a contact with this e-mail already."


class PrimaryTaken(DomainError):
    code = "CONFLICT"
    rule = "primary_contact"
    message = "Somebody made another contact the primary one just now. Try again."
