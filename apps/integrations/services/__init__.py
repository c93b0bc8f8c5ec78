"""Deliveries from the event to the settled attempt, endpoints and dead letters."""

from apps.integrations.services.claiming import Claimed, claim
from apps.integrations.services.creating import (
    cancel_delivery,
    create_deliveries,
    replay_delivery,
    replay_range,
)
from apps.integrations.services.dead_letters import discard_dead_letter, replay_dead_letter
from apps.integrations.services.endpoints import (
    change_endpoint,
    checked_url,
    create_endpoint,
    remove_endpoint,
    rotate_secret,
    send_test,
)
from apps.integrations.services.sending import (
    deliver_due,
    expire_leases,
    release_backlog,
    send_all_due,
    send_claimed,
    senders,
    sweep,
)
from apps.integrations.services.settling import settle

__all__ = [
    "Claimed", "cancel_delivery", "change_endpoint", "checked_url", "claim", "create_deliveries",
    "create_endpoint", "deliver_due", "discard_dead_letter", "expire_leases", "release_backlog",
    "remove_endpoint", "replay_dead_letter", "replay_delivery", "replay_range", "rotate_secret",
    "send_all_due", "send_claimed", "send_test", "senders", "settle", "sweep",
]  # fmt: skip
