"""Notifications on the old face: types, counts, reading and clearing (P40)."""

import pytest

from apps.accounts.models import Membership
from tests.node_api.old import node, notify

API = "/api/notifications"


@pytest.mark.parametrize(
    ("kind", "word"),
    [("message.sent", "new_message"), ("project.phase_advanced", "project_update"),
     ("invoice.sent", "invoice_created"), ("payment.succeeded", "payment_received"),
     ("file.uploaded", "file_uploaded"), ("approval.requested", "system")],
)  # fmt: skip
def test_kinds_have_their_old_words(kind: str, word: str, alice: Membership) -> None:
    notify(alice, kind=kind)
    [row] = node(alice).get(API).json()["notifications"]
    assert (row["type"], row["is_read"], row["read_at"]) == (word, False, None)
    if word != "system":
        assert len(node(alice).get(f"{API}?type={word}").json()["notifications"]) == 1


def test_the_unread_count_stands_beside_any_page(alice: Membership, owner: Membership) -> None:
    for _ in range(3):
        notify(alice)
    notify(owner)
    client = node(alice)
    rows = client.get(API).json()["notifications"]
    assert client.patch(f"{API}/{rows[0]['id']}/read").json()["notification"]["is_read"] is True
    for query, length in (("", 3), ("?is_read=true", 1), ("?is_read=false", 2), ("?limit=1", 1)):
        body = client.get(f"{API}{query}").json()
        assert (len(body["notifications"]), body["unread_count"]) == (length, 2)
    assert client.get(f"{API}/unread-count").json() == {"unread_count": 2}


def test_all_are_read_and_the_read_ones_cleared(alice: Membership) -> None:
    for _ in range(3):
        notify(alice)
    client = node(alice)
    body = client.patch(f"{API}/mark-all-read").json()
    assert body == {"message": "Marked 3 notifications as read", "updated_count": 3}
    notify(alice)
    assert client.delete(f"{API}/clear-read").json()["cleared_count"] == 3
    assert len(client.get(API).json()["notifications"]) == 1


def test_a_removed_one_is_gone(alice: Membership, bob: Membership) -> None:
    row = notify(alice)
    assert node(bob).delete(f"{API}/{row.id}").status_code == 404
    assert node(alice).delete(f"{API}/{row.id}").status_code == 200
    assert node(alice).delete(f"{API}/{row.id}").status_code == 404
    assert node(alice).get(API).json()["notifications"] == []
