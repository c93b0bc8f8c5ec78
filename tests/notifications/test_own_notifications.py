"""Reading, counting and removing the own notifications (P83)."""

from datetime import datetime

import pytest

from apps.accounts.models import Membership
from apps.core import clock
from tests.conftest import api, assert_constant_queries
from tests.notifications.factories import make_notification

URL = "/api/v1/notifications"


def test_p83_a_notification_has_the_fields_of_c17(alice: Membership) -> None:
    made = make_notification(alice)
    (row,) = api(alice).get(URL).json()["data"]
    for name in ("created_at", "updated_at"):
        assert datetime.fromisoformat(row.pop(name)).tzinfo
    assert row == {
        "id": str(made.id), "kind": "invoice.sent", "title": made.title, "body": "€10.00 due.",
        "link": "/invoices", "object": {"type": "invoice", "id": str(made.object_id)},
        "read_at": None,
    }  # fmt: skip
    assert api(alice).get(f"{URL}/{made.id}").json()["data"]["title"] == made.title


def test_unread_and_kind_filter_the_list(alice: Membership) -> None:
    make_notification(alice, read_at=clock.now())
    new = make_notification(alice, kind="file.uploaded")
    client = api(alice)
    assert [r["id"] for r in client.get(f"{URL}?unread=true").json()["data"]] == [str(new.id)]
    assert len(client.get(f"{URL}?unread=false").json()["data"]) == 1
    assert len(client.get(f"{URL}?kind=file.uploaded,invoice.sent").json()["data"]) == 2
    total = client.get(f"{URL}?unread=true&include_total=true").json()["meta"]["pagination"]
    assert total["total"] == 1


@pytest.mark.parametrize("query", ["unread=yes", "kind=nothing.happened", "read=true", "limit=0"])
def test_p30_a_wrong_parameter_is_refused(query: str, alice: Membership) -> None:
    response = api(alice).get(f"{URL}?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_FILTER")


def test_reading_one_and_reading_all(alice: Membership, bob: Membership) -> None:
    first, _second = make_notification(alice), make_notification(alice)
    make_notification(bob)
    client = api(alice)
    assert client.post(f"{URL}/{first.id}/reads").json()["data"]["read_at"]
    again = client.post(f"{URL}/{first.id}/reads")
    assert again.status_code == 200
    assert client.post(f"{URL}/reads").json()["data"] == {"count": 1}
    assert client.get(f"{URL}?unread=true").json()["data"] == []
    assert len(api(bob).get(f"{URL}?unread=true").json()["data"]) == 1


def test_a_removed_notification_is_gone(alice: Membership) -> None:
    made = make_notification(alice)
    client = api(alice)
    assert client.delete(f"{URL}/{made.id}").json()["data"] is None
    assert client.get(f"{URL}/{made.id}").status_code == 404
    assert client.delete(f"{URL}/{made.id}").status_code == 404
    assert client.get(URL).json()["data"] == []


def test_listing_costs_two_queries(alice: Membership) -> None:
    client = api(alice)
    assert_constant_queries(lambda: client.get(URL), lambda: make_notification(alice), at_most=2)
