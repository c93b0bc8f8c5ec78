"""Makers of approvals: a shared file and a question about it."""

from collections.abc import Sequence
from typing import Any

from apps.accounts.models import Membership
from apps.approvals import services
from apps.approvals.models import Approval
from apps.core.tenancy import organization_scope
from apps.files.models import File


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
