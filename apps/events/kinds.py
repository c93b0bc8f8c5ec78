"""The closed list of event kinds (C13) and the shape of each kind's data.

A shape maps a member to its JSON type; a name with `?` may be null, one with `~` may be absent.
`events.schemas` makes the JSON Schemas from it. Only kinds that some service publishes have an
entry; names join the list together with their first publisher.
"""

from fnmatch import fnmatchcase

ID, TEXT, NUMBER, FLAG, MONEY, TIME, DATE, IDS = (
    "id", "text", "integer", "boolean", "money", "time", "date", "ids",
)  # fmt: skip
Shape = dict[str, str]

KINDS: dict[str, Shape] = {
    # accounts
    "user.invited": {"id": ID, "email": TEXT, "role": TEXT},
    "user.registered": {"id": ID, "role": TEXT},
    "user.signed_in": {"id": ID, "session_id": ID, "address": TEXT, "user_agent": TEXT},
    "user.sign_in_failed": {"id?": ID, "email": TEXT, "address": TEXT, "reason": TEXT},
    "user.locked": {"id?": ID, "email": TEXT, "address": TEXT},
    "user.erased": {"id": ID, "pseudonym": TEXT, "account": FLAG},
    "session.revoked": {"id": ID, "user_id": ID, "reason": TEXT},
    # clients
    "client.created": {"id": ID, "name": TEXT},
    "client.updated": {"id": ID, "name": TEXT, "changed": "texts"},
    "client.archived": {"id": ID, "name": TEXT, "status": TEXT},
    "contact.created": {"id": ID, "client_id": ID, "user_id?": ID, "name": TEXT, "role": TEXT},
    "contact.updated": {"id": ID, "client_id": ID, "user_id?": ID, "changed": "texts"},
    # projects
    "project.created": {"id": ID, "client_id": ID, "name": TEXT, "status": TEXT},
    "project.updated": {"id": ID, "client_id": ID, "name": TEXT, "changed": "texts"},
    "project.status_changed": {"id": ID, "client_id": ID, "name": TEXT, "from": TEXT, "to": TEXT},
    "project.phase_advanced": {
        "id": ID, "client_id": ID, "name": TEXT, "from?": TEXT, "to?": TEXT, "progress": NUMBER,
    },
    "project.phase_action_completed": {"id": ID, "client_id": ID, "phase": TEXT, "action": TEXT},
    "project.progress_changed": {"id": ID, "client_id": ID, "progress": NUMBER},
    # files
    "file.uploaded": {
        "id": ID, "client_id?": ID, "project_id?": ID, "name": TEXT, "size": NUMBER,
        "sha256": TEXT, "version": NUMBER,
    },
    "file.version_added": {
        "id": ID, "client_id?": ID, "project_id?": ID, "name": TEXT, "size": NUMBER,
        "sha256": TEXT, "version": NUMBER,
    },
    "file.scanned": {"id": ID, "scan_status": TEXT, "version": NUMBER},
    "file.quarantined": {"id": ID, "name": TEXT, "reason": TEXT, "version": NUMBER},
    "file.deleted": {"id": ID, "name": TEXT},
    # approvals
    "approval.requested": {
        "id": ID, "client_id": ID, "project_id?": ID, "question": TEXT, "sha256?": TEXT,
        "version": NUMBER, "file_id?": ID,
    },
    "approval.decided": {
        "id": ID, "client_id": ID, "project_id?": ID, "decision": TEXT, "status": TEXT,
        "sha256?": TEXT, "version": NUMBER, "person": TEXT,
    },
    "approval.superseded": {"id": ID, "client_id": ID, "version": NUMBER, "new_version": NUMBER},
    "approval.withdrawn": {"id": ID, "client_id": ID, "reason": TEXT},
    # money
    "invoice.created": {"id": ID, "client_id": ID, "total": MONEY},
    "invoice.sent": {
        "id": ID, "client_id": ID, "number": TEXT, "status": TEXT, "currency": TEXT,
        "total": MONEY, "amount_due": MONEY, "due_date": DATE,
    },
    "invoice.viewed": {"id": ID, "client_id": ID, "number": TEXT, "status": TEXT},
    "invoice.paid": {
        "id": ID, "client_id": ID, "number": TEXT, "status": TEXT, "currency": TEXT,
        "total": MONEY, "amount_due": MONEY, "paid_at": TIME,
    },
    "invoice.overdue": {"id": ID, "client_id": ID, "number": TEXT, "amount_due": MONEY},
    "invoice.cancelled": {"id": ID, "client_id": ID, "number?": TEXT, "status": TEXT},
    "payment.started": {
        "id": ID, "client_id": ID, "invoice_id": ID, "provider": TEXT, "amount": MONEY,
    },
    "payment.succeeded": {
        "id": ID, "client_id": ID, "invoice_id": ID, "provider": TEXT, "amount": MONEY,
        "invoice_number": TEXT,
    },
    "payment.failed": {
        "id": ID, "client_id": ID, "invoice_id": ID, "provider": TEXT, "amount": MONEY,
        "decline_code": TEXT,
    },
    "payment.unknown": {
        "id": ID, "client_id": ID, "invoice_id": ID, "provider": TEXT, "amount": MONEY,
    },
    "payment.mismatch": {"id": ID, "client_id": ID, "invoice_id": ID, "fault": TEXT},
    # messaging
    "conversation.created": {"id": ID, "title": TEXT, "participants": IDS},
    "message.sent": {
        "id": ID, "conversation_id": ID, "sender_id": ID, "sender": TEXT, "number": NUMBER,
    },
    "message.edited": {"id": ID, "conversation_id": ID, "sender_id": ID},
    "message.deleted": {"id": ID, "conversation_id": ID, "sender_id": ID},
    "message.read": {"id": ID, "conversation_id": ID, "user_id": ID, "up_to": ID},
    # notifications
    "notification.created": {"id": ID, "about": TEXT},
    # integrations
    "connection.created": {"id": ID, "connector": TEXT, "name": TEXT},
    "connection.failed": {"id": ID, "connector": TEXT, "name": TEXT, "error": TEXT},
    "connection.disabled": {"id": ID, "connector": TEXT, "name": TEXT, "reason": TEXT},
    "connection.recovered": {"id": ID, "connector": TEXT, "name": TEXT},
    "connection.breaker_opened": {"id": ID, "connector": TEXT, "name": TEXT},
    "connection.breaker_closed": {"id": ID, "connector": TEXT, "name": TEXT},
    "connection.test": {"id": ID, "name": TEXT},
    "delivery.dead": {"id": ID, "connection_id": ID, "event_id": ID, "error": TEXT},
    # platform
    "job.finished": {"id": ID, "kind": TEXT, "status": TEXT},
    "export.ready": {"id": ID, "user_id": ID, "size": NUMBER},
    "config.changed": {"id": ID, "changed": "texts"},
    "audit.recorded": {
        "id": ID, "action": TEXT, "object_type": TEXT, "object_id?": ID, "before~": "object",
        "after~": "object", "details~": "object",
    },
}  # fmt: skip


def matches(kind: str, patterns: list[str] | tuple[str, ...]) -> bool:
    """Whether a kind is meant by one of the patterns: `invoice.*`, `*.failed`, `#` or `*`."""
    return any(pattern in {"#", "*"} or fnmatchcase(kind, pattern) for pattern in patterns)


def is_pattern_of_known_kinds(pattern: str) -> bool:
    """Whether a pattern means at least one kind of the list."""
    return any(matches(kind, [pattern]) for kind in KINDS)
