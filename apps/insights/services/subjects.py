"""The person that an export or an erasure is about, and the apps that hold data of people."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from uuid import UUID

from django.conf import settings

from apps.accounts.models import Membership, User
from apps.clients.privacy import contacts_of
from apps.core.privacy import Subject, texts_of
from apps.insights.models import Erasure


def privacy_modules(function: str) -> Iterator[tuple[str, ModuleType]]:
    """Yield the modules of `settings.PRIVACY` that have the function, in the order given there."""
    for path in settings.PRIVACY:
        module = import_module(path)
        if hasattr(module, function):
            yield path, module


def subject_of(organization_id: UUID, user_id: UUID, erasure: Erasure | None = None) -> Subject:
    """Return a person as he is known in one organization, which the caller has entered."""
    membership = Membership.objects.select_related("user").get(
        organization_id=organization_id, user_id=user_id
    )
    user = membership.user
    contacts = list(contacts_of(organization_id, user_id, user.email))
    names = [_full(user), *(f"{row.first_name} {row.last_name}" for row in contacts)]
    texts = texts_of(
        names,
        [user.email, *(row.email for row in contacts)],
        [user.phone, *(row.phone for row in contacts)],
    )
    if erasure is None:
        return Subject(user_id, organization_id, membership.actor(), user.email, texts)
    return Subject(
        user_id=user_id,
        organization_id=organization_id,
        actor=membership.actor(),
        email=user.email,
        texts=texts,
        pseudonym=erasure.pseudonym,
        pseudonym_email=f"{erasure.id.hex}@erased.invalid",
        erase_messages=erasure.erase_messages,
        is_account=erasure.is_account,
    )


def _full(user: User) -> str:
    return f"{user.first_name} {user.last_name}"
