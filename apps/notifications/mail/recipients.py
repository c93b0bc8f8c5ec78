"""Who gets a mail: people of the client company who can sign in, and nobody of the team.

An approval goes to those who are asked. Money goes to the billing contacts, or to all contacts
where none is named; who paid gets the receipt too, since it is no news but a paper (R120).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from uuid import UUID

from apps.accounts.models import Membership, User
from apps.approvals.models import Approver
from apps.clients.models import Contact
from apps.core.actors import CLIENT
from apps.events.models import Event

ByPlace = dict[UUID | None, list[UUID]]


def recipients_of(events: Sequence[Event]) -> dict[UUID, list[User]]:
    """Return the people of each event by the event's id. Three queries for any batch."""
    organization_id = events[0].organization_id
    asked = _asked(organization_id, {e.aggregate_id for e in events if _is_question(e)})
    payers = {e.client_id for e in events if e.client_id and not _is_question(e)}
    billed = _billed(organization_id, payers)
    people = _able_to_sign_in(organization_id, {*_flat(asked), *_flat(billed)})
    found: dict[UUID, list[User]] = {}
    for event in events:
        ids = asked[event.aggregate_id] if _is_question(event) else billed[event.client_id]
        members = [people[pk] for pk in ids if pk in people]
        found[event.id] = [one.user for one in members if event.client_id in one.client_ids]
    return found


def _is_question(event: Event) -> bool:
    return event.aggregate_type == "approval"


def _flat(places: ByPlace) -> Iterable[UUID]:
    return chain.from_iterable(places.values())


def _asked(organization_id: UUID, approval_ids: Iterable[UUID]) -> ByPlace:
    rows = Approver.objects.filter(organization_id=organization_id, approval_id__in=approval_ids)
    asked: ByPlace = defaultdict(list)
    for approval_id, user_id in rows.order_by("position").values_list("approval_id", "user_id"):
        asked[approval_id].append(user_id)
    return asked


def _billed(organization_id: UUID, client_ids: Iterable[UUID]) -> ByPlace:
    rows = Contact.objects.filter(
        organization_id=organization_id, client_id__in=client_ids, user__isnull=False,
        deleted_at__isnull=True,
    )  # fmt: skip
    everybody: ByPlace = defaultdict(list)
    billing: ByPlace = {}
    for contact in rows.order_by("created_at", "id"):
        if contact.user_id is None:
            continue
        everybody[contact.client_id].append(contact.user_id)
        if contact.is_billing:
            billing.setdefault(contact.client_id, []).append(contact.user_id)
    everybody.update(billing)
    return everybody


def _able_to_sign_in(organization_id: UUID, user_ids: set[UUID]) -> dict[UUID, Membership]:
    rows = Membership.objects.filter(
        organization_id=organization_id, user_id__in=user_ids, role=CLIENT, is_active=True,
        user__is_active=True,
    )  # fmt: skip
    return {row.user_id: row for row in rows.select_related("user")}
