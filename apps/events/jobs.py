"""Long work: asked for in a request, done by the workers in steps, told about while it runs.

PostgreSQL is the queue. A worker takes a job with a lease and an epoch, as deliveries and mails
are taken; what a killed worker left is found by the sweep and goes on from its last step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from apps.core import clock, failpoints
from apps.core.actors import Actor
from apps.core.errors import InvalidTransition
from apps.core.logs import log
from apps.core.models import revise
from apps.core.tenancy import across_organizations, organization_scope
from apps.core.wakened import WakenedThread
from apps.events.hints import hint
from apps.events.models import Job
from apps.events.outbox import publish

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5  # without a step in between
GAVE_UP = "the work failed five times at the same step"
Status = Job.Status


class Finished(InvalidTransition):
    rule = "job_finished"
    message = "This job has come to its end already."


class NotCancellable(InvalidTransition):
    rule = "job_not_cancellable"
    message = "This work must come to its end: half of it would be worse than none."


class Stopped(Exception):
    """The job was cancelled, or another worker holds it now: the handler ends where it is."""


class Later(Exception):
    """The work must wait for something: the job goes back to the queue and costs no attempt."""


@dataclass(slots=True)
class Work:
    """A job in the hands of a worker. A handler calls `keep` after each step.

    `state` is what earlier steps have kept, also those of a worker that died.
    """

    id: UUID
    organization_id: UUID
    epoch: int
    created_at: Any
    params: dict[str, Any]
    state: dict[str, Any] = field(default_factory=dict)

    def keep(self, progress: int, **state: Any) -> None:
        """Write down a finished step (progress 0 to 100) and hold on to the lease.

        In its own transaction. Raises Stopped when the job is not ours any more.
        """
        self.state |= state
        with organization_scope(self.organization_id, durable=True):
            held = self._held().filter(cancel_asked_at__isnull=True)
            kept = held.update(
                progress=min(max(progress, 0), 99), state=self.state, attempts=0,
                lease_until=Now() + LEASE, updated_at=clock.now(), version=F("version") + 1,
            )  # fmt: skip
        failpoints.hit("jobs.after_step")
        if not kept:
            raise Stopped

    def _held(self) -> QuerySet[Job]:
        rows = Job.objects.filter(id=self.id, organization_id=self.organization_id)
        return rows.filter(status=Status.RUNNING, lease_epoch=self.epoch)


Handler = Callable[[Work], dict[str, Any] | None]


def start_job(
    organization_id: UUID,
    kind: str,
    *,
    user_id: UUID | None = None,
    is_cancellable: bool = True,
    **params: Any,
) -> Job:
    """Put work of a kind into the queue, in the caller's transaction, and return its job.

    `params` are JSON values, ids for the most part: never a secret, never a personal value.
    """
    if kind not in settings.JOB_HANDLERS:
        raise ValueError(f"no handler is named for jobs of kind {kind}")
    job = Job.objects.create(
        organization_id=organization_id, kind=kind, user_id=user_id, params=params,
        is_cancellable=is_cancellable,
    )  # fmt: skip
    transaction.on_commit(partial(hint, "events.run_jobs"), robust=True)
    return job


@transaction.atomic
def cancel_job(job: Job) -> Job:
    """End a locked job: a waiting one at once, a running one after its step.

    Raises Finished, NotCancellable.
    """
    if job.status in Job.FINAL:
        raise Finished(status=job.status)
    if not job.is_cancellable:
        raise NotCancellable
    if job.status == Status.RUNNING:
        revise(job, cancel_asked_at=clock.now())
    else:
        _finish(job, Status.CANCELLED)
    return job


def sweep() -> int:
    """Wake this process's thread when a job is due; return how many are."""
    with across_organizations(durable=True):
        waiting = due().count()
    if waiting:
        worker.wake()
    return waiting


def run_due(most: int = 1000) -> int:
    """Work in this thread until no job is due; return how many were taken."""
    for taken in range(most):
        job = _claim()
        if job is None:
            return taken
        _run(job)
    return most


def wake() -> None:
    """Begin to work off what is due, in this process's thread."""
    worker.wake()


def due() -> QuerySet[Job]:
    """Return the jobs that a worker may take now, in all organizations the setting shows."""
    waiting = Q(status=Status.QUEUED, due_at__lte=Now())
    left_behind = Q(status=Status.RUNNING, lease_until__lt=Now())
    return Job.objects.filter(waiting | left_behind)


def _claim() -> Job | None:
    with across_organizations(durable=True):
        job = due().select_for_update(skip_locked=True).order_by("due_at", "id").first()
        if job is None:
            return None
        job.lease_epoch, job.attempts = job.lease_epoch + 1, job.attempts + 1
        job.started_at = job.started_at or clock.now()
        Job.objects.filter(id=job.id).update(
            status=Status.RUNNING, lease_until=Now() + LEASE, lease_epoch=job.lease_epoch,
            attempts=job.attempts, started_at=job.started_at, updated_at=clock.now(),
        )  # fmt: skip
    failpoints.hit("jobs.after_claim")
    return job


def _run(job: Job) -> None:
    """Run the handler of a claimed job to its end, and write down how it ended."""
    work = Work(
        job.id, job.organization_id, job.lease_epoch, job.created_at, job.params, dict(job.state)
    )
    if job.cancel_asked_at is not None:
        _settle(work, Status.CANCELLED)
        return
    if job.attempts > MAX_ATTEMPTS:
        _settle(work, Status.FAILED, error=job.error or GAVE_UP)
        return
    try:
        handler: Handler = import_string(settings.JOB_HANDLERS[job.kind])
        result = handler(work)
    except Stopped:
        _settle(work, Status.CANCELLED, only_asked=True)
    except Later:
        _put_back(work, timedelta(seconds=2), attempts=0)
    except Exception as error:  # noqa: BLE001  the top of a worker loop: logged, retried, failed
        log.exception("job failed", extra={"job_id": job.id, "kind": job.kind})
        fault = type(error).__name__  # its text may hold personal values
        if job.attempts >= MAX_ATTEMPTS:
            _settle(work, Status.FAILED, error=fault)
        else:
            _put_back(work, timedelta(seconds=2**job.attempts), error=fault)
    else:
        _settle(work, Status.SUCCEEDED, result=result or {})


def _put_back(work: Work, wait: timedelta, **columns: Any) -> None:
    with organization_scope(work.organization_id, durable=True):
        work._held().update(  # noqa: SLF001  the other half of Work
            status=Status.QUEUED, lease_until=None, due_at=Now() + wait, updated_at=clock.now(),
            **columns,
        )  # fmt: skip


def _settle(work: Work, status: str, *, only_asked: bool = False, **columns: Any) -> None:
    """Write down how a job ended, unless another worker holds it by now."""
    with organization_scope(work.organization_id, durable=True):
        job = work._held().select_for_update().first()  # noqa: SLF001
        if job is None or (only_asked and job.cancel_asked_at is None):
            log.info("job settle refused: the lease was lost", extra={"job_id": work.id})
            return
        _finish(job, status, **columns)


def _finish(job: Job, status: str, **columns: Any) -> None:
    if status == Status.SUCCEEDED:
        columns["progress"] = 100
    revise(job, status=status, lease_until=None, finished_at=clock.now(), **columns)
    people = [job.user_id] if job.user_id else None
    publish(
        Actor.system(job.organization_id), "job.finished", job,
        audience="user" if people else "system", user_ids=people, id=job.id, kind=job.kind,
        status=status,
    )  # fmt: skip


def _work() -> None:
    run_due()


worker = WakenedThread("jobs", _work)
