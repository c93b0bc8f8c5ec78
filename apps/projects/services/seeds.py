"""Gives an organization the studio's catalog (P45)."""

from django.db import transaction

from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from apps.projects.catalog import PHASE_LIBRARY, SERVICE_TYPES, STANDARD_PHASES, CatalogPhase
from apps.projects.models import LibraryPhase, ServiceType


@transaction.atomic
def seed_catalog(organization: Organization) -> None:
    """Add the service types and phases that the organization has not got; change none it has."""
    phases = [
        _library_phase(organization, phase, position, is_standard=phase in STANDARD_PHASES)
        for position, phase in enumerate((*STANDARD_PHASES, *PHASE_LIBRARY))
    ]
    services = [
        ServiceType(
            organization=organization,
            code=service.code,
            name=service.name,
            description=service.description,
            phase_keys=list(service.phase_keys),
            position=position,
        )
        for position, service in enumerate(SERVICE_TYPES)
    ]
    with organization_scope(organization.id):
        LibraryPhase.objects.bulk_create(phases, ignore_conflicts=True)
        ServiceType.objects.bulk_create(services, ignore_conflicts=True)


def _library_phase(
    organization: Organization, phase: CatalogPhase, position: int, *, is_standard: bool
) -> LibraryPhase:
    return LibraryPhase(
        organization=organization,
        key=phase.key,
        name=phase.name,
        description=phase.description,
        icon=phase.icon,
        ui_components=list(phase.ui_components),
        form_modules=list(phase.form_modules),
        document_modules=list(phase.document_modules),
        requires_client_action=phase.requires_client_action,
        client_actions=phase.stored_actions(),
        is_standard=is_standard,
        position=position,
    )
