"""What happens to work under way when its endpoint is removed, or its event is sent again."""

from apps.accounts.models import Membership
from apps.connections.http import Answer, Outcome
from apps.integrations.services import claim, expire_leases
from apps.integrations.services.settling import settle
from tests.conftest import api
from tests.integrations.factories import end_leases, make_delivery, make_endpoint, seen, stored


def test_what_was_in_flight_when_its_endpoint_was_removed_does_not_wait_for_ever(
    owner: Membership,
) -> None:
    endpoint = make_endpoint(owner.organization)
    failed, lost, arrived = (make_delivery(endpoint) for _ in range(3))
    claimed = {one.id: one for one in claim(3)}
    assert api(owner).delete(f"/api/v1/webhook-endpoints/{endpoint.id}").status_code == 200
    assert settle(claimed[failed.id], Answer(Outcome.RETRYABLE, status=500, error="status 500"))
    assert settle(claimed[arrived.id], Answer(Outcome.OK, status=200))
    end_leases()
    assert expire_leases() == 1
    assert [seen(row).state for row in (failed, lost, arrived)] == [
        "cancelled", "cancelled", "delivered",
    ]  # fmt: skip
    assert stored(endpoint).state == "revoked"
    assert claim(10) == []


def test_r156_a_delivery_can_be_sent_again_more_than_once(owner: Membership) -> None:
    delivery = make_delivery(make_endpoint(owner.organization), "delivered")
    client, place = api(owner), f"/api/v1/deliveries/{delivery.id}/replays"
    assert client.post(place).json()["data"]["replay"] == 1
    refused = client.post(place)
    assert (refused.status_code, refused.json()["details"]["rule"]) == (409, "still_open")
    (claimed,) = claim(1)
    settle(claimed, Answer(Outcome.OK, status=200))
    assert client.post(place).json()["data"]["replay"] == 2
