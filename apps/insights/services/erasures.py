"""Erasure of a person in one organization (R34): asked for, done by a job, reported.

At once the person is signed out and switched off. Then each app forgets in a step of its own; a
killed worker goes on with the step that was not finished. Accounts come last: until then their
row tells the other apps what to look for.
"""

import secrets
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Membership, Session, User
from apps.accounts.permissions import require
from apps.accounts.services import end_sessions, require_recent_proof
from apps.core import clock
from apps.core.actors import OWNER, Actor
from apps.core.ids import uuid7
from apps.core.models import revise
from apps.core.privacy import times_of
from apps.core.tenancy import organization_scope
from apps.events.jobs import Work, start_job
from apps.events.models import Event
from apps.events.outbox import publish, record
from apps.events.privacy import wait_for_consumers
from apps.insights.errors import ErasedAlready, LastOwner
from apps.insights.models import Erasure
from apps.insights.services.subjects import privacy_modules, subject_of
from apps.invoices.privacy import kept_by_law
from apps.organizations.models import Organization

ERASE_PERSON = "erase_person"


@transaction.atomic
def request_erasure(
    actor: Actor, user_id: UUID, *, erase_messages: bool = False, reason: str = ""
) -> Erasure:
    """Ask for the erasure of a person whom the actor sees; he is signed out at once.

    The owner may ask for everybody, everybody for himself. Raises PermissionDenied, ProofRequired,
    LastOwner, ErasedAlready.
    """
    if user_id != actor.user_id:
        require(actor, "people.erase")
    require_recent_proof(actor)
    members = Membership.objects.filter(organization_id=actor.organization_id)
    owners = list(members.filter(role=OWNER, is_active=True).select_for_update().order_by("id"))
    membership = members.select_for_update().get(user_id=user_id)
    if {owner.user_id for owner in owners} == {user_id}:
        raise LastOwner
    if Erasure.objects.filter(organization_id=actor.organization_id, user_id=user_id).exists():
        raise ErasedAlready
    _switch_off(actor, membership)
    erasure_id = uuid7()
    job = start_job(
        actor.organization_id, ERASE_PERSON, user_id=actor.user_id, is_cancellable=False,
        erasure_id=str(erasure_id),
    )  # fmt: skip
    erasure = Erasure.objects.create(
        id=erasure_id, organization_id=actor.organization_id, user_id=user_id, job=job,
        requested_by_id=None if actor.role == "system" else actor.user_id,
        erase_messages=erase_messages, reason=reason,
        pseudonym=f"Person {secrets.token_hex(2)}",
        is_account=not _others(user_id, actor.organization_id),
    )  # fmt: skip
    record(actor, "erasure.requested", erasure, after={"erase_messages": erase_messages})
    return erasure


def erase_person(work: Work) -> dict[str, Any]:
    """Carry an erasure out: the handler of its job."""
    with organization_scope(work.organization_id):
        erasure = Erasure.objects.get(id=work.params["erasure_id"])
        subject = subject_of(work.organization_id, erasure.user_id, erasure)
        steps = list(privacy_modules("erase"))
    if "kept" not in work.state:
        with organization_scope(work.organization_id):
            wait_for_consumers(subject)
            kept = [*kept_by_law(subject), *_kept_audit(work.organization_id)]
        work.keep(5, kept=kept, counts={})
    done: list[str] = list(work.state.get("done", []))
    for path, module in steps:
        if path in done:
            continue
        with organization_scope(work.organization_id):
            counts = module.erase(subject)
        done.append(path)
        work.keep(5 + 90 * len(done) // len(steps), done=done, counts=work.state["counts"] | counts)
    return _settle(work, erasure)


def _settle(work: Work, erasure: Erasure) -> dict[str, Any]:
    report = {
        "erased": {name: count for name, count in work.state["counts"].items() if count},
        "kept": work.state["kept"],
        "stays": [
            "files: they belong to the client company; the uploader is shown as "
            + erasure.pseudonym,
            "texts that other people wrote",
        ],
    }
    if not erasure.erase_messages:
        report["stays"].append("messages: their erasure was not asked for")
    with organization_scope(work.organization_id, durable=True):
        locked = Erasure.objects.select_for_update(of=("self",)).get(id=erasure.id)
        if locked.finished_at is None:
            revise(locked, report=report, finished_at=clock.now(), reason="")
            publish(
                Actor.system(work.organization_id), "user.erased", locked, audience="system",
                id=erasure.user_id, pseudonym=locked.pseudonym, account=locked.is_account,
            )  # fmt: skip
    return {"erasure_id": str(erasure.id), "pseudonym": erasure.pseudonym}


def _switch_off(actor: Actor, membership: Membership) -> None:
    membership.is_active = False
    membership.save(update_fields=["is_active"])
    rows = Session.objects.filter(organization_id=actor.organization_id, user_id=membership.user_id)
    live = rows.live().select_for_update(of=("self",)).order_by("id")
    end_sessions(actor, list(live), reason="erased")


def _others(user_id: UUID, organization_id: UUID) -> bool:
    """Whether another organization still knows the person; locks him against a race of two."""
    User.objects.select_for_update(of=("self",)).get(id=user_id)
    return (
        Membership.objects.filter(user_id=user_id).exclude(organization_id=organization_id).exists()
    )


def _kept_audit(organization_id: UUID) -> list[dict[str, Any]]:
    """Return how long the numbers and hashes of the log prove what happened, without names."""
    document = Organization.objects.get(id=organization_id).settings
    days = times_of(document.get("retention")).days["audit"]
    until = date.fromordinal(clock.now().date().toordinal() + days)
    count = Event.objects.filter(organization_id=organization_id).count()
    what = "entries of the audit, without personal values"
    return [{"what": what, "count": count, "until": until.isoformat()}]
