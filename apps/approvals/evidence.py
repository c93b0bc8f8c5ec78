"""What proves an approval: statement, answers, the bytes hashed again, and the log (R49)."""

from typing import Any

import orjson

from apps.approvals.models import Approval, Decision
from apps.core.actors import Actor
from apps.core.clock import iso
from apps.core.tenancy import organization_scope
from apps.events.models import Event
from apps.files.errors import ContentLost
from apps.files.models import FileVersion
from apps.files.services import sha256_of

MAX_EVENTS = 200


def evidence_of(actor: Actor, approval: Approval) -> dict[str, Any]:
    """Return the evidence as a JSON value.

    `file.matches` is the verdict: the stored bytes, hashed now, are the ones that were asked
    about. Call it with no transaction open: a large file takes seconds to read.
    """
    with organization_scope(actor.organization_id):
        version = FileVersion.objects.get(id=approval.file_version_id)
        people = approval.approvers.count()
        decisions = list(approval.decisions.order_by("decided_at", "id"))
        events = _events(actor, approval)
    return {
        "approval_id": approval.id,
        "status": approval.status,
        "statement": _statement(approval, version, people, decisions),
        "question": approval.question,
        "terms": approval.terms,
        "rule": approval.rule,
        "quorum": approval.quorum,
        "file": _file(approval, version),
        "decisions": [_decision(row) for row in decisions],
        "events": events,
    }


def _statement(
    approval: Approval, version: FileVersion, people: int, decisions: list[Decision]
) -> str:
    asked = (
        f"Version {approval.subject_version} of “{version.name}” (SHA-256 {approval.sha256}) "
        f"was put to {people} people on {iso(approval.created_at)}."
    )
    answers = [
        f"{row.person} answered “{row.decision}” on {iso(row.decided_at)}, signed in by "
        f"{row.method} from {row.address or 'an unknown address'}."
        for row in decisions
    ]
    return " ".join([asked, *answers, f"The question is {approval.status.replace('_', ' ')}."])


def _file(approval: Approval, version: FileVersion) -> dict[str, Any]:
    try:
        found = sha256_of(version)
    except ContentLost:
        found = None
    return {
        "file_id": approval.file_id,
        "version_id": version.id,
        "version": approval.subject_version,
        "name": version.name,
        "size": version.size,
        "sha256": approval.sha256,
        "sha256_now": found,
        "matches": found == approval.sha256 == version.sha256,
    }


def _decision(row: Decision) -> dict[str, Any]:
    return {
        "id": row.id,
        "user_id": row.user_id,
        "person": row.person,
        "decision": row.decision,
        "comment": row.comment,
        "question": row.question,
        "terms": row.terms,
        "version": row.subject_version,
        "sha256": row.sha256,
        "method": row.method,
        "address": row.address,
        "user_agent": row.user_agent,
        "decided_at": iso(row.decided_at),
    }


def _events(actor: Actor, approval: Approval) -> list[dict[str, Any]]:
    """Return what the hash chain says of the approval, as far as the reader may see it."""
    rows = Event.objects.visible_to(actor).filter(
        aggregate_type="approval", aggregate_id=approval.id
    )
    return [
        {
            "id": event.id,
            "seq": event.seq,
            "kind": event.kind,
            "occurred_at": iso(event.occurred_at),
            "data": orjson.loads(event.data),
            "hash": bytes(event.hash).hex() if event.hash is not None else None,
        }
        for event in rows.order_by("aggregate_seq")[:MAX_EVENTS]
    ]
