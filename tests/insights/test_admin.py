"""The pages on which owner and admin look at jobs, exports, erasures and retention runs (R140)."""

import pytest

from apps.accounts.models import Membership
from apps.core.tenancy import organization_scope
from apps.events.models import Job
from apps.insights.models import Erasure, Export, RetentionRun
from apps.insights.services import start_run
from tests.conftest import assert_constant_queries
from tests.events.test_admin import browser
from tests.insights.factories import erase, export_of

PAGES = ("events/job", "insights/export", "insights/erasure", "insights/retentionrun")


@pytest.fixture
def rows(owner: Membership, alice: Membership, bob: Membership) -> dict[str, str]:
    """One row of each page, by the page."""
    export = export_of(alice)
    erasure = erase(owner, bob)
    run = start_run(owner.organization_id)
    assert run is not None
    ids = (export.job_id, export.id, erasure.id, run.id)
    return dict(zip(PAGES, map(str, ids), strict=True))


@pytest.mark.parametrize("page", PAGES)
def test_r140_each_page_shows_rows_and_changes_none(
    page: str, rows: dict[str, str], owner: Membership, mallory: Membership
) -> None:
    place, pages = f"/admin/{page}/", browser(owner)
    assert rows[page] in pages.get(place).content.decode()
    assert pages.get(f"{place}{rows[page]}/change/").status_code == 200
    assert pages.get(f"{place}add/").status_code == 403
    assert pages.post(f"{place}{rows[page]}/change/", {"status": "x"}).status_code == 403
    assert pages.post(f"{place}{rows[page]}/delete/", {"post": "yes"}).status_code == 403
    assert rows[page] not in browser(mallory).get(place).content.decode()


def test_the_key_of_an_archive_is_not_shown(rows: dict[str, str], owner: Membership) -> None:
    with organization_scope(owner.organization_id):
        key = Export.objects.get().storage_key
    page = browser(owner).get(f"/admin/insights/export/{rows['insights/export']}/change/")
    assert key not in page.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_for_any_number_of_rows(
    page: str, rows: dict[str, str], owner: Membership
) -> None:
    pages = browser(owner)
    days = iter(range(1, 28))

    def grow() -> None:
        with organization_scope(owner.organization_id):
            here = {"organization_id": owner.organization_id}
            job = Job.objects.create(kind="retire", **here)
            Export.objects.create(kind="personal_data", user=owner.user, job=job, **here)
            Erasure.objects.create(user=owner.user, pseudonym="Person 1", **here)
            RetentionRun.objects.create(day=f"2020-01-{next(days):02}", **here)

    assert_constant_queries(lambda: pages.get(f"/admin/{page}/"), grow)
