"""The ledger to look at; services of other areas write it."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.permissions import require
from apps.core.actors import Actor
from apps.core.filters import by_id, by_text, by_time
from apps.core.lists import ListView
from apps.ledger.models import Posting
from apps.ledger.serializers import LedgerEntrySerializer


class LedgerEntryList(ListView[Posting]):
    serializer_class = LedgerEntrySerializer
    filters: ClassVar[Any] = {
        "account": by_text("account__code"),
        "owner_id": by_id("account__owner_id"),
        "kind": by_text("entry__kind"),
        "currency": by_text("currency"),
        "invoice_id": by_id("entry__invoice_id"),
        "payment_id": by_id("entry__payment_id"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }

    def check_access(self, actor: Actor) -> None:
        """Refuse contacts: the ledger is the team's (C18)."""
        require(actor, "ledger.read")

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Posting]:
        """The postings of the organization."""
        return Posting.objects.visible_to(actor)
