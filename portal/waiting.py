"""What waits for an invited contact, told on the page of the invitation (R8): counts, no names."""

from django.db.models import Model, QuerySet

from apps.accounts.models import Invitation
from apps.approvals.models import Approval
from apps.clients.models import Client
from apps.core.actors import CLIENT, NOBODY, Actor
from apps.core.tenancy import organization_scope
from apps.invoices.models import Invoice
from apps.projects.models import Project


def what_waits(invitation: Invitation) -> list[tuple[str, str]]:
    """Return the company and how much of each kind is there, as name and value."""
    if invitation.client_id is None:
        return []
    actor = Actor(NOBODY, invitation.organization_id, CLIENT, (invitation.client_id,), ("viewer",))
    with organization_scope(invitation.organization_id):
        client = Client.objects.visible_to(actor).first()
        if client is None:
            return []
        counts = [
            _count(Approval.objects.visible_to(actor).filter(status="pending"), "approval"),
            _count(Invoice.objects.visible_to(actor).filter(status__in=Invoice.OPEN), "invoice"),
            _count(Project.objects.visible_to(actor), "project"),
        ]
    waiting = ", ".join(count for count in counts if count)
    return [("Client", client.name)] + ([("There for you", waiting)] if waiting else [])


def _count(rows: QuerySet[Model], name: str) -> str:
    number = rows.count()
    return f"{number} {name}{'' if number == 1 else 's'}" if number else ""
