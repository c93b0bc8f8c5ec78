"""Long work: taken once, kept in steps, resumed after a kill, cancelled, seen by its person."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.events import jobs
from apps.events.jobs import Later, Work, run_due, start_job
from apps.events.models import Job
from tests.conftest import api, assert_constant_queries, events_of

JOBS = "/api/v1/jobs"
seen: list[Any] = []


def three_steps(work: Work) -> dict[str, Any]:
    """Count to three, and say from where."""
    for step in range(work.state.get("done", 0), 3):
        seen.append(step)
        work.keep(step * 30, done=step + 1)
    return {"steps": 3}


def dies_once(work: Work) -> dict[str, Any]:
    """Stop after the second step of the first attempt, as a killed worker does: nothing settles."""
    for step in range(work.state.get("done", 0), 3):
        seen.append(step)
        work.keep(step * 30, done=step + 1)
        if step == 1 and "died" not in seen:
            seen.append("died")
            raise KeyboardInterrupt
    return {}


def breaks(_work: Work) -> None:
    raise RuntimeError("alice@example.com")


def waits(_work: Work) -> None:
    raise Later


def is_cancelled_meanwhile(work: Work) -> None:
    with organization_scope(work.organization_id):
        jobs.cancel_job(Job.objects.get(id=work.id))
    work.keep(50)


@pytest.fixture(autouse=True)
def _handlers(settings: Any) -> None:
    names = ("three_steps", "dies_once", "breaks", "waits", "is_cancelled_meanwhile")
    settings.JOB_HANDLERS = {name: f"{__name__}.{name}" for name in names}
    seen.clear()


def make_job(person: Membership, kind: str = "three_steps", **params: Any) -> Job:
    with organization_scope(person.organization_id):
        return start_job(person.organization_id, kind, user_id=person.user_id, **params)


def again(job: Job) -> Job:
    with organization_scope(job.organization_id):
        return Job.objects.get(id=job.id)


def change(job: Job, **columns: Any) -> None:
    with organization_scope(job.organization_id):
        Job.objects.filter(id=job.id).update(**columns)


def test_a_job_is_done_and_its_person_is_told(alice: Membership) -> None:
    job = make_job(alice)
    assert run_due() == 1
    body = api(alice).get(f"{JOBS}/{job.id}").json()["data"]
    assert (body["status"], body["progress"], body["result"]) == ("succeeded", 100, {"steps": 3})
    told = [event for event in events_of(alice) if event.kind == "job.finished"]
    assert [event.user_ids for event in told] == [[alice.user_id]]
    assert run_due() == 0


def test_a_killed_worker_s_job_goes_on_from_its_last_step(alice: Membership) -> None:
    job = make_job(alice, "dies_once")
    with pytest.raises(KeyboardInterrupt):
        run_due()
    assert again(job).status == "running"
    assert run_due() == 0  # the lease still holds
    change(job, lease_until=Now() - timedelta(seconds=1))
    assert run_due() == 1
    assert seen == [0, 1, "died", 2]
    assert again(job).status == "succeeded"


def test_who_lost_the_lease_writes_nothing_more(alice: Membership) -> None:
    job = make_job(alice)
    taken = jobs._claim()
    assert taken is not None
    change(job, lease_epoch=taken.lease_epoch + 1)
    work = Work(job.id, job.organization_id, taken.lease_epoch, job.created_at, {})
    with pytest.raises(jobs.Stopped):
        work.keep(50, done=1)
    assert again(job).progress == 0
    jobs._settle(work, "succeeded")
    assert again(job).status == "running"


def test_a_job_that_breaks_is_tried_five_times_and_tells_no_values(alice: Membership) -> None:
    job = make_job(alice, "breaks")
    for _ in range(5):
        assert run_due() == 1
        change(job, due_at=Now() - timedelta(seconds=1))
    assert run_due() == 0
    assert (again(job).status, again(job).error) == ("failed", "RuntimeError")


def test_work_that_must_wait_costs_no_attempt(alice: Membership) -> None:
    job = make_job(alice, "waits")
    for _ in range(8):
        run_due()
        change(job, due_at=Now() - timedelta(seconds=1))
    assert (again(job).status, again(job).attempts) == ("queued", 0)


def test_a_waiting_job_is_cancelled_at_once_and_a_final_one_never(alice: Membership) -> None:
    job = make_job(alice)
    answer = api(alice).post(f"{JOBS}/{job.id}/cancellations")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "cancelled")
    assert run_due() == 0
    second = api(alice).post(f"{JOBS}/{job.id}/cancellations")
    assert (second.status_code, second.json()["details"]["rule"]) == (409, "job_finished")


def test_a_running_job_is_cancelled_after_its_step(alice: Membership) -> None:
    job = make_job(alice, "is_cancelled_meanwhile")
    run_due()
    assert again(job).status == "cancelled"


def test_r27_a_person_sees_his_own_jobs_and_the_owner_all(
    alice: Membership, bob: Membership, owner: Membership, mallory: Membership
) -> None:
    job = make_job(alice)
    found = {
        person.user.first_name: [row["id"] for row in api(person).get(JOBS).json()["data"]]
        for person in (alice, bob, owner, mallory)
    }
    assert found == {"Alice": [str(job.id)], "Bob": [], "Owner": [str(job.id)], "Mallory": []}
    assert api(bob).get(f"{JOBS}/{job.id}").status_code == 404


def test_the_list_costs_the_same_for_many(alice: Membership) -> None:
    client = api(alice)
    assert_constant_queries(lambda: client.get(JOBS), lambda: make_job(alice))


def test_the_list_is_filtered(alice: Membership) -> None:
    make_job(alice)
    client = api(alice)
    assert len(client.get(f"{JOBS}?status=queued&kind=three_steps").json()["data"]) == 1
    assert client.get(f"{JOBS}?status=failed").json()["data"] == []
    assert client.get(f"{JOBS}?status=ready").status_code == 400


def test_an_unknown_kind_is_refused(alice: Membership) -> None:
    with pytest.raises(ValueError, match="no handler"):
        make_job(alice, "dance")


def test_the_sweep_finds_a_job_whose_hint_was_lost(
    alice: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[UUID] = []
    job = make_job(alice)
    monkeypatch.setattr(jobs.worker, "wake", lambda: woken.append(job.id))
    assert jobs.sweep() == 1
    assert woken == [job.id]
