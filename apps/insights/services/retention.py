"""Retention (R145): once a day what has had its time goes, in batches, with a report."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.core.actors import Actor
from apps.core.models import revise
from apps.core.privacy import Counts, times_of
from apps.core.tenancy import organization_scope
from apps.events.jobs import Work, start_job
from apps.events.outbox import record
from apps.events.services import organizations
from apps.insights.models import RetentionRun
from apps.insights.services.subjects import privacy_modules
from apps.organizations.models import Organization

RETIRE = "retire"
BATCH = 1000


def retire_all() -> int:
    """Begin today's run of each organization that has none yet; return how many were begun."""
    known = set(Organization.objects.values_list("id", flat=True))
    return sum(start_run(pk) is not None for pk in organizations() if pk in known)


def start_run(organization_id: UUID) -> RetentionRun | None:
    """Begin an organization's run of today; None when there is one. Its day is its own."""
    with organization_scope(organization_id):
        organization = Organization.objects.get(id=organization_id)
        day = clock.today(organization.timezone)
        run, made = RetentionRun.objects.get_or_create(organization=organization, day=day)
        if not made:
            return None
        job = start_job(organization_id, RETIRE, is_cancellable=True, run_id=str(run.id))
        RetentionRun.objects.filter(id=run.id).update(job=job)
    return run


def retire(work: Work) -> dict[str, Any]:
    """Carry a run out: the handler of its job. Each batch of each app is a step."""
    with organization_scope(work.organization_id):
        document = Organization.objects.get(id=work.organization_id).settings
    times = times_of(document.get("retention"))
    modules = list(privacy_modules("expire"))
    removed: Counts = dict(work.state.get("removed", {}))
    for number, (_path, module) in enumerate(modules):
        while True:
            counts: Counts = module.expire(work.organization_id, times, BATCH)
            for name, count in counts.items():
                removed[name] = removed.get(name, 0) + count
            work.keep(100 * (number + 1) // (len(modules) + 1), removed=removed)
            if max(counts.values(), default=0) < BATCH:
                break
    return _settle(work, removed, times.days)


@transaction.atomic
def _settle(work: Work, removed: Counts, days: dict[str, int]) -> dict[str, Any]:
    report = {"removed": {name: count for name, count in removed.items() if count}, "days": days}
    with organization_scope(work.organization_id):
        rows = RetentionRun.objects.select_for_update(of=("self",))
        run = rows.get(id=work.params["run_id"])
        if run.finished_at is None:
            revise(run, report=report, finished_at=clock.now())
            record(
                Actor.system(work.organization_id), "retention.carried_out", run,
                after=report["removed"],
            )  # fmt: skip
    return report
