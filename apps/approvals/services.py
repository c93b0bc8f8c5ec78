"""Asking a client, answering, withdrawing, and superseding what a new version made old.

Lock order: the file before its approvals. A new version takes the same lock on the file, so an
answer and a new version of what it is about follow each other.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q

from apps.accounts.models import Membership, Session
from apps.accounts.permissions import CONTACT_RULES, may, require
from apps.approvals.errors import (
    AlreadyAnswered,
    NewerVersion,
    NoClient,
    NotAsked,
    NotClean,
    NotCurrent,
    NotOpen,
    NotShared,
    NotYourTurn,
    OtherVersion,
)
from apps.approvals.models import Approval, Approver, Decision
from apps.approvals.rules import Answers, outcome
from apps.clients.models import Contact
from apps.core import clock
from apps.core.actors import CLIENT, NOBODY, Actor
from apps.core.context import current
from apps.core.errors import InvalidFields
from apps.core.models import revise
from apps.events.models import Event
from apps.events.outbox import publish
from apps.files.models import File, FileVersion
from apps.organizations.models import Organization

Status, Answer = Approval.Status, Decision.Answer


@transaction.atomic
def request_approval(
    actor: Actor,
    *,
    subject_id: UUID,
    question: str,
    approvers: Sequence[UUID],
    due_date: date | None = None,
    quorum: int | None = None,
    **terms: object,
) -> Approval:
    """Ask people of a client about the current version of a file; `subject_id` names either.

    `terms` are terms, rule and in_order. Hash and number of the version are copied: they say
    what was asked about (R49). Raises PermissionDenied, InvalidFields, NotCurrent, NotClean,
    NotShared, NoClient.
    """
    require(actor, "approvals.write")
    file, version, client_id = _subject(actor, subject_id)
    people = _people(actor, client_id, approvers)
    _check_quorum(str(terms.get("rule", Approval.Rule.ANY)), quorum, len(people))
    _check_due_date(actor, due_date)
    approval = Approval.objects.create(
        organization_id=actor.organization_id,
        client_id=client_id,
        project_id=file.project_id,
        file=file,
        file_version=version,
        subject_version=version.number,
        sha256=version.sha256,
        question=question,
        quorum=quorum,
        due_date=due_date,
        created_by_id=actor.user_id,
        **terms,
    )
    Approver.objects.bulk_create(
        Approver(
            organization_id=actor.organization_id, approval=approval, user_id=pk, position=place
        )
        for place, pk in enumerate(people, start=1)
    )
    publish(
        actor, "approval.requested", approval, audience="client", id=approval.id,
        client_id=approval.client_id, project_id=approval.project_id, question=question,
        sha256=approval.sha256, version=approval.subject_version, file_id=file.id,
    )  # fmt: skip
    return approval


@transaction.atomic
def decide(
    actor: Actor, approval: Approval, *, decision: str, version: int, comment: str = ""
) -> Decision:
    """Record a person's answer with all that proves it, and settle the question when it can be.

    Raises PermissionDenied, NotAsked, InvalidFields, AlreadyAnswered, NotOpen, OtherVersion,
    NewerVersion, NotYourTurn. `approval` may be stale: file and approval are locked and read.
    """
    if not actor.is_client:  # a contact hears below whether he is asked
        require(actor, "approvals.decide")
    if decision != Answer.APPROVED and not comment.strip():
        raise InvalidFields(comment="Say what should change.")
    file = File.objects.select_for_update(of=("self",)).get(id=approval.file_id)
    locked = _locked(approval)
    asked = list(locked.approvers.order_by("position"))
    answers = {row.user_id: row.decision for row in locked.decisions.all()}
    _check_person(actor, locked, asked, answers)
    _check_version(locked, file, version)
    _check_turn(actor, locked, asked, answers)
    row = _record(actor, locked, decision, comment)
    answers[actor.user_id] = decision
    status = outcome(locked.rule, locked.quorum, Answers(len(asked), tuple(answers.values())))
    settled = {} if status == Status.PENDING else {"decided_at": row.decided_at}
    revise(locked, status=status, **settled)
    publish(
        actor, "approval.decided", locked, audience="client", id=locked.id,
        client_id=locked.client_id, project_id=locked.project_id, decision=decision,
        status=locked.status, sha256=row.sha256, version=row.subject_version, person=row.person,
    )  # fmt: skip
    return row


@transaction.atomic
def withdraw(actor: Actor, approval: Approval, *, reason: str) -> Approval:
    """Take a question back before it is settled. Raises PermissionDenied, NotOpen."""
    require(actor, "approvals.write")
    locked = _locked(approval)
    if locked.status != Status.PENDING:
        raise NotOpen(status=locked.status)
    revise(locked, status=Status.WITHDRAWN)
    publish(
        actor, "approval.withdrawn", locked, audience="client", id=locked.id,
        client_id=locked.client_id, reason=reason,
    )  # fmt: skip
    return locked


def supersede_after(events: Sequence[Event]) -> None:
    """Close the open questions about older versions of a file (R50): a consumer of the log.

    Given answers stay. A second run finds nothing open and tells nobody twice.
    """
    for event in events:
        if event.body is None:  # erased; the number of the version is gone with it
            continue
        number = int(orjson.loads(event.data)["version"])
        rows = Approval.objects.select_for_update(of=("self",)).order_by("id")
        is_open = Q(file_id=event.aggregate_id, status=Status.PENDING, subject_version__lt=number)
        for approval in rows.filter(is_open, organization_id=event.organization_id):
            revise(approval, status=Status.SUPERSEDED)
            publish(
                Actor.system(event.organization_id), "approval.superseded", approval,
                audience="client", causation_id=event.id, id=approval.id,
                client_id=approval.client_id, version=approval.subject_version, new_version=number,
            )  # fmt: skip


# -- asking ---------------------------------------------------------------------------------


def _subject(actor: Actor, subject_id: UUID) -> tuple[File, FileVersion, UUID]:
    """Return the locked file, its current version and its client, when it may be asked about."""
    named = Q(id=subject_id) | Q(versions__id=subject_id)
    found = File.objects.visible_to(actor).filter(named).values_list("id", flat=True).first()
    if found is None:
        raise InvalidFields(**{"subject.id": "There is no such file version."})
    file = File.objects.select_for_update(of=("self",)).get(id=found)
    version = FileVersion.objects.get(current_of=file)
    if subject_id not in {file.id, version.id}:
        raise NotCurrent(current_version=version.number)
    if version.scan_status != FileVersion.ScanStatus.CLEAN:
        raise NotClean(scan_status=version.scan_status)
    if file.client_id is None:
        raise NoClient
    if file.visibility != File.Visibility.CLIENT:
        raise NotShared
    return file, version, file.client_id


def _people(actor: Actor, client_id: UUID, approvers: Sequence[UUID]) -> list[UUID]:
    """Return the asked in their order; raises InvalidFields for one who cannot answer."""
    people = list(dict.fromkeys(approvers))
    contacts = Contact.objects.visible_to(actor).filter(
        client_id=client_id, role__in=CONTACT_RULES["approvals.decide"], deleted_at__isnull=True
    )
    known = set(contacts.filter(user_id__in=people).values_list("user_id", flat=True))
    members = Membership.objects.visible_to(actor).filter(role=CLIENT, is_active=True)
    known &= set(members.filter(user_id__in=people).values_list("user_id", flat=True))
    strangers = [str(person) for person in people if person not in known]
    if strangers:
        raise InvalidFields(
            approvers=f"Not an admin or approver of this client: {', '.join(strangers[:5])}."
        )
    return people


def _check_quorum(rule: str, quorum: int | None, people: int) -> None:
    if rule != Approval.Rule.QUORUM:
        if quorum is not None:
            raise InvalidFields(quorum="A number goes with the rule `quorum` only.")
    elif quorum is None or quorum > people:
        raise InvalidFields(quorum=f"Say how many of the {people} must approve.")


def _check_due_date(actor: Actor, due_date: date | None) -> None:
    zone = Organization.objects.visible_to(actor).values_list("timezone", flat=True).get()
    if due_date is not None and due_date < clock.today(zone):
        raise InvalidFields(due_date="This day has passed.")


# -- answering ------------------------------------------------------------------------------


def _locked(approval: Approval) -> Approval:
    return Approval.objects.select_for_update(of=("self",)).get(id=approval.id)


def _check_person(
    actor: Actor, approval: Approval, asked: list[Approver], answers: dict[UUID, str]
) -> None:
    is_asked = any(row.user_id == actor.user_id for row in asked)
    if not is_asked or not may(actor, "approvals.decide", approval.client_id):
        raise NotAsked
    if actor.user_id in answers:
        raise AlreadyAnswered
    if approval.status != Status.PENDING:
        raise NotOpen(status=approval.status)


def _check_version(approval: Approval, file: File, version: int) -> None:
    """The answer must name the version asked about, and that must still be the newest."""
    if version != approval.subject_version:
        raise OtherVersion(version=approval.subject_version)
    if file.deleted_at is not None or file.current_id != approval.file_version_id:
        raise NewerVersion


def _check_turn(
    actor: Actor, approval: Approval, asked: list[Approver], answers: dict[UUID, str]
) -> None:
    waiting = [row.user_id for row in asked if row.user_id not in answers]
    if approval.in_order and waiting[0] != actor.user_id:
        raise NotYourTurn


def _record(actor: Actor, approval: Approval, decision: str, comment: str) -> Decision:
    sessions = Session.objects.visible_to(actor).filter(id=actor.session_id or NOBODY)
    return Decision.objects.create(
        organization_id=approval.organization_id,
        approval=approval,
        user_id=actor.user_id,
        person=actor.name[:200],
        decision=decision,
        comment=comment,
        subject_version=approval.subject_version,
        sha256=approval.sha256,
        question=approval.question,
        terms=approval.terms,
        method=sessions.values_list("method", flat=True).first() or "unknown",
        address=current().address[:45],
        user_agent=current().user_agent[:300],
        decided_at=clock.now(),
    )
