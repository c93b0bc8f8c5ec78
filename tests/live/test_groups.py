"""A person's groups hear of an event exactly when he may see it, and then once (P78, R114)."""

from itertools import product
from uuid import uuid4

import pytest

from apps.accounts.models import Membership
from apps.accounts.services import set_client_access
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.events.models import Event
from apps.live.groups import joined_by, reached_by

KINDS = ("invoice.sent", "file.uploaded", "session.revoked")


@pytest.mark.parametrize(("audience", "kind"), list(product(Event.Audience.values, KINDS)))
def test_p78_groups_and_visible_to_agree(
    audience: str,
    kind: str,
    client_a: Client,
    client_b: Client,
    cast: dict[str, Membership | None],
) -> None:
    both, alice, staff = (_person(cast, name) for name in ("bob", "alice", "staff"))
    set_client_access(client_a.organization_id, both.user_id, client_a.id, "viewer")
    both.refresh_from_db()
    event = Event(
        organization_id=client_a.organization_id, kind=kind, audience=audience,
        aggregate_type=kind.split(".", maxsplit=1)[0], aggregate_id=uuid4(), aggregate_seq=1,
        actor_type="system", client_id=client_b.id, body_digest=b"", body=None,
        user_ids=[alice.user_id, staff.user_id],
    )  # fmt: skip
    with organization_scope(client_a.organization_id):
        event.save()
    reached = list(reached_by(event))
    assert len(reached) == len(set(reached))
    for name, person in cast.items():
        if person is None:
            continue
        actor = person.actor(uuid4())
        with organization_scope(actor.organization_id):
            seen = Event.objects.visible_to(actor).filter(id=event.id).exists()
        assert len(joined_by(actor) & set(reached)) == int(seen), name


def _person(cast: dict[str, Membership | None], name: str) -> Membership:
    found = cast[name]
    assert found is not None
    return found


def test_group_names_fit_the_channel_layer(staff: Membership, bob: Membership) -> None:
    names = joined_by(staff.actor(uuid4())) | joined_by(bob.actor(uuid4()))
    assert all(len(name) < 100 and name.isascii() for name in names)
