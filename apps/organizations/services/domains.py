"""Host names of organizations: claimed in the settings, proved by a text record (P115).

The document's `branding.domains` says which names are claimed. A claim does nothing until the
record was seen: then requests for that host are answered, and they belong to the organization.
"""

import secrets
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.core import clock
from apps.core.actors import Actor
from apps.core.errors import NotFound
from apps.core.models import revise
from apps.core.rights import require
from apps.core.sites import forget_sites
from apps.core.tenancy import organization_scope
from apps.events.outbox import record
from apps.organizations.errors import DomainTaken, NamesAway, RecordMissing
from apps.organizations.models import Domain, Organization
from apps.organizations.providers import NamesUnreachable, TextRecords

LABEL, PREFIX = "_portico-verification", "portico-verification="
PROOF_BYTES = 24


def record_name(domain: Domain) -> str:
    """Return the name of the text record that proves a claim."""
    return f"{LABEL}.{domain.name}"


def record_value(domain: Domain) -> str:
    """Return what the record must hold."""
    return f"{PREFIX}{domain.proof}"


def claim_domains(actor: Actor, organization: Organization, names: list[str]) -> None:
    """Make the organization's claims the given names, in the transaction of the document."""
    rows = Domain.objects.filter(organization=organization)
    known = {row.name: row for row in rows.select_for_update()}
    for name in names:
        if name not in known:
            proof = secrets.token_urlsafe(PROOF_BYTES)
            Domain.objects.create(organization=organization, name=name, proof=proof)
    for name, row in known.items():
        if name not in names:
            if row.verified_at is not None:
                record(actor, "domain.removed", row, name=name)
            row.delete()


def check_domain(actor: Actor, pk: UUID, texts: TextRecords) -> Domain:
    """Look for the record of a claim and verify it. Opens its own transactions.

    Raises PermissionDenied, NotFound, RecordMissing, NamesAway, DomainTaken.
    """
    require(actor, "organization.write")
    domain = _claims(actor).filter(id=pk).first()
    if domain is None:
        raise NotFound
    try:
        found = texts.values_of(record_name(domain))
    except NamesUnreachable as error:
        raise NamesAway from error
    is_proved = any(
        secrets.compare_digest(text.encode(), record_value(domain).encode()) for text in found
    )
    with organization_scope(actor.organization_id):
        return _settle(actor, pk, is_proved=is_proved)


def _settle(actor: Actor, pk: UUID, *, is_proved: bool) -> Domain:
    domain = _claims(actor).select_for_update().filter(id=pk).first()
    if domain is None:
        raise NotFound
    if not is_proved:
        raise RecordMissing(record=record_name(domain), value=record_value(domain))
    if domain.verified_at is None:
        now = clock.now()
        try:
            with transaction.atomic():
                revise(domain, verified_at=now, checked_at=now)
        except IntegrityError as error:
            raise DomainTaken from error
        record(actor, "domain.verified", domain, name=domain.name)
        transaction.on_commit(forget_sites)
    return domain


def _claims(actor: Actor) -> QuerySet[Domain]:
    return Domain.objects.visible_to(actor)
