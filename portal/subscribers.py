"""Which consumers read the event log: name, kinds, handler. The only place that knows both.

Beside it: what is swept, and what moves when a colleague leaves.
"""

from apps.events.consumer import Consumer

CONSUMERS: tuple[Consumer, ...] = (
    Consumer("live", ("*",), "apps.live.pushes.push_events"),
    Consumer("notify", ("*",), "apps.notifications.services.notify"),
    Consumer(
        "mail",
        (
            "approval.requested",
            "invoice.sent",
            "payment.succeeded",
            "audit.recorded",
            "user.locked",
            "export.ready",
            "user.invited",
        ),
        "apps.notifications.mail.write_mails",
    ),
    Consumer("deliver", ("*",), "apps.integrations.services.create_deliveries"),
    Consumer("contacts", ("user.registered",), "apps.clients.services.contacts_after_sign_on"),
    Consumer("approvals", ("file.version_added",), "apps.approvals.services.supersede_after"),
)
SWEEPS: tuple[str, ...] = (
    "apps.events.services.sweep",
    "apps.events.jobs.sweep",
    "apps.integrations.services.sweep",
    "apps.payments.services.sweep",
    "apps.notifications.mail.sweep",
)
# The handler of each kind of job.
JOB_HANDLERS: dict[str, str] = {
    "write_export": "apps.insights.services.write_export",
    "erase_person": "apps.insights.services.erase_person",
    "retire": "apps.insights.services.retire",
}
# The apps that hold data of people. In this order they forget: events look for what contacts and
# accounts still know, so those two come after them.
PRIVACY: tuple[str, ...] = (
    "apps.insights.privacy",
    "apps.notifications.privacy",
    "apps.integrations.privacy",
    "apps.messaging.privacy",
    "apps.approvals.privacy",
    "apps.invoices.privacy",
    "apps.files.privacy",
    "apps.projects.privacy",
    "apps.events.privacy",
    "apps.clients.privacy",
    "apps.accounts.privacy",
)
# Each takes (actor, leaver, successor) and returns how much of what it moved (R144).
HANDOVERS: tuple[str, ...] = (
    "apps.projects.services.hand_over_projects",
    "apps.messaging.services.hand_over_conversations",
)
