"""Contacts: what a client company knows of a person, its erasure, and the trash."""

from uuid import UUID

from django.db import transaction
from django.db.models import F, ProtectedError, Q, QuerySet

from apps.clients.models import Client, Contact
from apps.core import clock
from apps.core.privacy import Area, Counts, Subject, Times, remove
from apps.core.tenancy import organization_scope


def contacts_of(organization_id: UUID, user_id: UUID, email: str) -> QuerySet[Contact]:
    """Return the contacts that are this person: by the account, or by the e-mail."""
    his = Q(user_id=user_id) | Q(email__iexact=email)
    return Contact.objects.filter(his, organization_id=organization_id)


def areas(subject: Subject) -> list[Area]:
    """Return what is noted of the person as a contact."""
    rows = contacts_of(subject.organization_id, subject.user_id, subject.email)
    return [
        Area("contacts", "What is noted of you as a contact of a company.", rows.values(
            "id", "client_id", "client__name", "first_name", "last_name", "email", "phone", "role",
            "is_primary", "is_billing", "created_at", "updated_at", "deleted_at",
        ))
    ]  # fmt: skip


def erase(subject: Subject) -> Counts:
    """Put the pseudonym in the place of the person; a company keeps its own name and address."""
    first, _, last = subject.pseudonym.partition(" ")
    now = clock.now()
    contacts = contacts_of(subject.organization_id, subject.user_id, subject.email).update(
        first_name=first, last_name=last, email=subject.pseudonym_email, phone="",
        is_primary=False, is_billing=False, deleted_at=now, updated_at=now,
        version=F("version") + 1,
    )  # fmt: skip
    companies = Client.objects.filter(organization_id=subject.organization_id)
    emails = companies.filter(email__iexact=subject.email).update(email="")
    phones = companies.filter(phone__in=subject.texts).update(phone="")
    return {"clients.contacts": contacts, "clients.companies": max(emails, phones)}


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Remove deleted contacts and companies; one that money or work names is only emptied."""
    limit = times.before("trash")
    with organization_scope(organization_id):
        here = {"organization_id": organization_id, "deleted_at__lt": limit}
        contacts = remove(Contact.objects.filter(**here), most)
        counts = {"clients.contacts": contacts, "clients.companies": 0, "clients.emptied": 0}
        filled = ~Q(notes="") | ~Q(custom={}) | ~Q(tags=[]) | ~Q(address={})
        for client in Client.objects.filter(**here).order_by("id")[:most]:
            if _is_removed(client):
                counts["clients.companies"] += 1
            else:
                counts["clients.emptied"] += Client.objects.filter(filled, id=client.id).update(
                    notes="", custom={}, tags=[], address={}, email="", phone="", website=""
                )
    return counts


def _is_removed(client: Client) -> bool:
    try:
        with transaction.atomic():
            client.delete()
    except ProtectedError:
        return False
    return True
