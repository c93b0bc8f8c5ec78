"""Making a tenant, and finding it for requests that carry no credential."""

from typing import Any

from django.db import transaction

from apps.core.tenancy import organization_scope
from apps.events.services import open_log
from apps.organizations.models import Organization


@transaction.atomic
def create_organization(*, name: str, slug: str, **fields: Any) -> Organization:
    """Make an organization with an empty event log. Raises IntegrityError for a taken slug."""
    organization = Organization.objects.create(name=name, slug=slug, **fields)
    with organization_scope(organization.id):
        open_log(organization.id)
    return organization


def organization_of_slug(slug: str) -> Organization | None:
    """Return the active tenant of a slug."""
    return Organization.objects.filter(slug=slug, status=Organization.Status.ACTIVE).first()


def organization_of_host(host: str) -> Organization | None:
    """Return the tenant that a host name stands for, else the only or first one (C17)."""
    organizations = Organization.objects.filter(status=Organization.Status.ACTIVE)
    slug = host.partition(":")[0].partition(".")[0]
    return organizations.filter(slug=slug).first() or organizations.order_by("created_at").first()
