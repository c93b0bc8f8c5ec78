"""Which consumers read the event log: name, kinds, handler. The only place that knows both.

Beside it: what is swept, and what moves when a colleague leaves.
"""

from apps.events.consumer import Consumer

CONSUMERS: tuple[Consumer, ...] = (
    Consumer("live", ("*",), "apps.live.pushes.push_events"),
    Consumer("notify", ("*",), "apps.notifications.services.notify"),
    Consumer(
        "mail",
        ("approval.requested", "invoice.sent", "payment.succeeded", "audit.recorded"),
        "apps.notifications.mail.write_mails",
    ),
    Consumer("deliver", ("*",), "apps.integrations.services.create_deliveries"),
    Consumer("approvals", ("file.version_added",), "apps.approvals.services.supersede_after"),
)
SWEEPS: tuple[str, ...] = (
    "apps.events.services.sweep",
    "apps.integrations.services.sweep",
    "apps.payments.services.sweep",
    "apps.notifications.mail.sweep",
)
# Each takes (actor, leaver, successor) and returns how much of what it moved (R144).
HANDOVERS: tuple[str, ...] = (
    "apps.projects.services.hand_over_projects",
    "apps.messaging.services.hand_over_conversations",
)
