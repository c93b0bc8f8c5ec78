"""A proof signs in once: its number is kept for as long as the proof itself would be good."""

import hashlib
from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from apps.accounts.models import UsedProof
from apps.accounts.providers import ProofRefused
from apps.accounts.services.sign_on.entries import Entry
from apps.core import clock
from apps.organizations.models import Organization


def spend(organization: Organization, entry: Entry, number: str, ends: float) -> None:
    """Use a proof up, in the caller's transaction; of two at once one wins. Raises ProofRefused."""
    UsedProof.objects.filter(organization=organization, expires_at__lt=clock.now()).delete()
    digest = hashlib.sha256(f"{entry.name}\0{number}".encode()).digest()
    try:
        with transaction.atomic():
            UsedProof.objects.create(
                organization=organization,
                digest=digest,
                expires_at=datetime.fromtimestamp(ends, UTC),
            )
    except IntegrityError as error:
        raise ProofRefused("replayed") from error
