"""Making a tenant, and finding it for requests that carry no credential."""

from typing import Any

from django.db import transaction

from apps.core.sites import NO_SITE, Site
from apps.core.tenancy import organization_scope
from apps.events.services import open_log
from apps.organizations.models import Domain, Organization

# By the best reason: its verified domain, its name as subdomain, the only or oldest one (P105).
OF_HOST = """
SELECT o.*, found.rank AS host_rank FROM (
  SELECT 1 AS rank, organization_id AS id FROM organizations_domain
   WHERE name = %(host)s AND verified_at IS NOT NULL
  UNION ALL
  SELECT 2, id FROM organizations_organization WHERE slug = %(slug)s
  UNION ALL
  (SELECT 3, id FROM organizations_organization WHERE status = 'active'
    ORDER BY created_at, id LIMIT 1)
) AS found JOIN organizations_organization o USING (id)
 WHERE o.status = 'active' ORDER BY found.rank LIMIT 1
"""
BY_DOMAIN, BY_SLUG = 1, 2


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
    """Return the tenant that a host name stands for, else the only or first one (C17). One query.

    `host` may name a port, as the header does.
    """
    name = host.partition(":")[0].rstrip(".").lower()
    slug = name.partition(".")[0]
    rows = Organization.objects.raw(OF_HOST, {"host": name, "slug": slug})
    return next(iter(rows), None)


def site_of_host(host: str) -> Site:
    """Return what the web needs of a host's tenant, see `apps.core.sites`."""
    organization = organization_of_host(host)
    if organization is None:
        return NO_SITE
    rank: int = vars(organization)["host_rank"]  # a column of the statement
    limits = organization.settings.get("apis", {}).get("rateLimit", {}).get("limits", {})
    return Site(
        organization_id=organization.id,
        is_own=rank == BY_DOMAIN or (rank == BY_SLUG and "." in host),
        origins=frozenset(organization.setting("security.allowed_origins")),
        rates=dict(limits),
    )


def verified_domains() -> frozenset[str]:
    """Return the host names that organizations have proved to be theirs."""
    rows = Domain.objects.filter(verified_at__isnull=False)
    return frozenset(rows.values_list("name", flat=True))
