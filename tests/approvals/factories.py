"""Makers of approvals, and how a test asks and answers over HTTP."""

from collections.abc import Sequence
from typing import Any

from apps.accounts.models import Membership
from apps.approvals import services
from apps.approvals.models import Approval
from apps.core.tenancy import organization_scope
from apps.files.models import File
from tests.conftest import api

APPROVALS = "/api/v1/approvals"


def make_approval(
    person: Membership,
    file: File,
    approvers: Sequence[Membership],
    **fields: Any,
) -> Approval:
    """A question of `person` about the current version of `file`."""
    with organization_scope(person.organization_id):
        return services.request_approval(
            person.actor(),
            subject_id=file.id,
            question=fields.pop("question", "Is this the logo you want?"),
            approvers=[approver.user_id for approver in approvers],
            **fields,
        )


def ask(person: Membership, file: File, *approvers: Membership, **fields: Any) -> Any:
    body = {
        "subject": {"type": "file_version", "id": str(file.current_id)},
        "question": "Is this the guide you want?",
        "approvers": [str(approver.user_id) for approver in approvers],
        **fields,
    }
    return api(person).post(APPROVALS, body)


def answer(who: Membership, approval: Any, decision: str = "approved", **fields: Any) -> Any:
    body = {"decision": decision, "version": 1, "comment": "Because."} | fields
    return api(who).post(f"{APPROVALS}/{approval}/decisions", body)


def rule_of(response: Any) -> tuple[int, str]:
    details = response.json()["details"]
    return response.status_code, details[0]["field"] if isinstance(details, list) else details[
        "rule"
    ]
