"""When a question is settled: as soon as the answers still missing cannot change the result."""

from dataclasses import dataclass

APPROVED, CHANGES_REQUESTED, REJECTED = "approved", "changes_requested", "rejected"
PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Answers:
    """How many people are asked, and what those who answered said."""

    asked: int
    given: tuple[str, ...]


def outcome(rule: str, quorum: int | None, answers: Answers) -> str:
    """Return the status that the answers make: `pending` while it is open.

    `all` needs everybody's approval, `any` one, `quorum` that many (R51). A question that can no
    longer get them is `rejected` when somebody rejected, else `changes_requested`.
    """
    needed = {"all": answers.asked, "any": 1}.get(rule, quorum or answers.asked)
    approvals = answers.given.count(APPROVED)
    missing = answers.asked - len(answers.given)
    if approvals >= needed:
        return APPROVED
    if approvals + missing >= needed:
        return PENDING
    return REJECTED if REJECTED in answers.given else CHANGES_REQUESTED
