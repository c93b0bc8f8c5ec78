"""A worker is killed in the middle of long work; another one brings it to its end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from apps.accounts.services import open_session
from apps.core.tenancy import organization_scope
from apps.events.models import Job
from apps.insights.models import Export
from apps.insights.services import request_export
from tests.chaos.workers import Yard, comes_true
from tests.factories import make_member, make_organization

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    place = Yard(f"{settings.REDIS_URL.rstrip('/')}/0", tmp_path / "worker.log")
    yield place
    with redis.Redis.from_url(place.broker) as server:
        for name in server.scan_iter(f"*{place.prefix}*"):
            server.delete(name)


@pytest.mark.parametrize(
    "failpoint", ["jobs.after_claim", "jobs.after_step", "exports.before_keep"]
)
def test_r35_a_killed_worker_s_export_is_finished_by_the_next(failpoint: str, yard: Yard) -> None:
    organization = make_organization("Chaos")
    person = make_member(organization, "staff")
    with organization_scope(organization.id):
        session = open_session(person, face="v1").session
        job = request_export(person.actor(session.id), kind="personal_data").job

    def status() -> str:
        with organization_scope(organization.id):
            return Job.objects.get(id=job.id).status

    def is_done() -> bool:
        with organization_scope(organization.id):  # nobody waits a minute for the lease to end
            rows = Job.objects.filter(id=job.id, status="running", lease_epoch=1)
            rows.update(lease_until="2020-01-01T00:00:00Z")
        return status() == "succeeded"

    with yard.worker(f"{failpoint}=kill:1") as worker:
        assert worker.wait(40) == -9
    assert status() == "running"
    looks: Callable[[], bool] = is_done
    with yard.worker():
        assert comes_true(looks, 40), status()
    with organization_scope(organization.id):
        export = Export.objects.get()
    assert export.ready_at is not None
