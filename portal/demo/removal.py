"""Takes the demo away: every row and file of the organizations that are marked as demo."""

from uuid import UUID

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction

from apps.accounts.models import Membership, RefreshToken, Session, User
from apps.core.tenancy import enter_organization
from apps.files.models import FileVersion
from apps.files.services import storage
from apps.organizations.models import Organization
from apps.payments.models import FakeCharge, Operation


def remove_demo() -> int:
    """Remove the demo organizations and their people; return how many there were.

    Each organization goes in one transaction; foreign keys are checked when it commits.
    """
    found = list(Organization.objects.filter(is_demo=True))
    for organization in found:
        keys = _remove(organization)
        for key in keys:
            storage().delete(key)
    return len(found)


@transaction.atomic
def _remove(organization: Organization) -> list[str]:
    """Remove one organization's rows and return the names of its stored bytes."""
    enter_organization(organization.id)
    keys = list(
        FileVersion.objects.filter(organization_id=organization.id).values_list(
            "storage_key", flat=True
        )
    )
    charged = Operation.objects.filter(organization_id=organization.id)
    FakeCharge.objects.filter(key__in=charged.values("idempotency_key")).delete()
    RefreshToken.objects.filter(session__organization_id=organization.id).delete()
    people = list(
        Membership.objects.filter(organization_id=organization.id).values_list("user_id", flat=True)
    )
    for table in _tenant_tables():
        _delete(table, organization.id)
    Organization.objects.filter(id=organization.id).delete()
    _remove_people(people)
    return keys


def _tenant_tables() -> list[str]:
    return [
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.managed
        and any(field.attname == "organization_id" for field in model._meta.concrete_fields)
    ]


def _delete(table: str, organization_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table}" WHERE organization_id = %s', [organization_id])  # noqa: S608


def _remove_people(user_ids: list[UUID]) -> None:
    """Remove those who belong to no other organization."""
    gone = User.objects.filter(id__in=user_ids, memberships__isnull=True)
    ids = list(gone.values_list("id", flat=True))
    Session.objects.filter(user_id__in=ids).delete()
    LogEntry.objects.filter(user_id__in=ids).delete()
    User.objects.filter(id__in=ids).delete()
