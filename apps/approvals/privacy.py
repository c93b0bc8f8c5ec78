"""Approvals: an answer stays as evidence of what was decided, under the pseudonym."""

from apps.approvals.models import Approval, Approver, Decision
from apps.core.privacy import Area, Counts, Subject


def areas(subject: Subject) -> list[Area]:
    """Return what the person was asked, what he asked, and what he answered."""
    here = {"organization_id": subject.organization_id}
    return [
        Area("approvals_asked_of_you", "Questions that were put to you.", Approver.objects.filter(
            user_id=subject.user_id, **here
        ).values("id", "approval_id", "approval__question", "approval__status")),
        Area("approvals", "Questions that you asked.", Approval.objects.filter(
            created_by_id=subject.user_id, **here
        ).values("id", "question", "terms", "status", "created_at")),
        Area("decisions", "Your answers, as they are kept for proof.", Decision.objects.filter(
            user_id=subject.user_id, **here
        ).values("id", "approval_id", "person", "decision", "comment", "question", "terms",
                 "sha256", "method", "address", "user_agent", "decided_at")),
    ]  # fmt: skip


def erase(subject: Subject) -> Counts:
    """Take name, address and device out of the answers; the answers and their times stay."""
    rows = Decision.objects.filter(organization_id=subject.organization_id, user_id=subject.user_id)
    changes = {"comment": ""} if subject.erase_messages else {}
    erased = rows.update(person=subject.pseudonym, address="", user_agent="", **changes)
    return {"approvals.decisions": erased}
