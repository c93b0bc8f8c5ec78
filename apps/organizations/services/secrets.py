"""Secrets that the settings document names: stored sealed, read by code alone (C11)."""

from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.errors import NotFound
from apps.core.keyring import keyring
from apps.core.models import revise
from apps.core.rights import require
from apps.core.tenancy import organization_scope
from apps.events.outbox import record
from apps.organizations.document.meaning import secret_refs
from apps.organizations.errors import SecretInUse, TooManySecrets, UnknownSecret
from apps.organizations.models import Organization, OrganizationSecret

PURPOSE = "organization"
MOST_SECRETS = 200


@transaction.atomic
def put_secret(actor: Actor, name: str, value: str) -> OrganizationSecret:
    """Store or replace a secret. Raises PermissionDenied, TooManySecrets."""
    require(actor, "organization.write")
    Organization.objects.select_for_update().get(id=actor.organization_id)
    rows = OrganizationSecret.objects.visible_to(actor)
    row = rows.select_for_update().filter(name=name).first()
    if row is None:
        if rows.count() >= MOST_SECRETS:
            raise TooManySecrets
        row = OrganizationSecret(organization_id=actor.organization_id, name=name)
    sealed = keyring().seal(row.id, PURPOSE, value)
    row.key_id, row.ciphertext, row.last_four = sealed.key_id, sealed.ciphertext, sealed.last_four
    if row._state.adding:  # noqa: SLF001  Django's own word for a row that is not stored yet
        row.save(force_insert=True)
    else:
        revise(row, key_id=row.key_id, ciphertext=row.ciphertext, last_four=row.last_four)
    record(actor, "secret.stored", row, name=name)
    return row


@transaction.atomic
def remove_secret(actor: Actor, name: str) -> None:
    """Delete a secret that nothing refers to. Raises PermissionDenied, NotFound, SecretInUse."""
    require(actor, "organization.write")
    organization = Organization.objects.select_for_update().get(id=actor.organization_id)
    row = OrganizationSecret.objects.visible_to(actor).filter(name=name).first()
    if row is None:
        raise NotFound
    used = [path for path, ref in secret_refs(organization.settings) if ref == name]
    if used:
        raise SecretInUse(fields=used[:50])
    record(actor, "secret.removed", row, name=name)
    row.delete()


def secret_of(organization_id: UUID, name: str) -> str:
    """Return the secret of a `secret_ref`. Raises UnknownSecret; never log what it returns."""
    with organization_scope(organization_id):
        rows = OrganizationSecret.objects.filter(organization_id=organization_id, name=name)
        row = rows.first()
    if row is None:
        raise UnknownSecret(name=name)
    return keyring().open(row.id, PURPOSE, row.key_id, bytes(row.ciphertext))
