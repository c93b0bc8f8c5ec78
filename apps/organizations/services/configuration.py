"""The settings document: read, check, replace, patch, roll back (P106, P107).

Every change leaves a version, the event `config.changed` and an audit entry that says what was
before and after. Readers take the organization's row anew for each request, so a change holds in
all processes at once; what a process remembers by host name lives for two seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Max, QuerySet

from apps.core import clock
from apps.core.actors import ADMIN, SYSTEM, Actor
from apps.core.errors import NotFound
from apps.core.models import revise
from apps.core.rights import require, require_proof
from apps.core.sites import forget_sites
from apps.events.outbox import publish, record
from apps.organizations.document.changes import Change, differences, laid_over, merge_patch
from apps.organizations.document.colours import corrections
from apps.organizations.document.faults import faults_of
from apps.organizations.document.meaning import part, secret_refs
from apps.organizations.errors import InvalidDocument, OwnerOnly, StaleDocument
from apps.organizations.models import (
    ConfigVersion,
    Domain,
    Organization,
    OrganizationSecret,
    default_settings,
)
from apps.organizations.services.domains import claim_domains

FIRST = 1
MOST_PATHS, LONGEST_PATH = 100, 300
AUDIT_BYTES = 24_000
# What an organization pays for, and where its money goes: C18 keeps billing with the owner.
GUARDED = ("/security", "/apis/authProviders")  # who gets in, and how
OWNER_ONLY = ("/payments", "/limits", "/apis/rateLimit")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The present document with its number, and what people should know about it."""

    number: int
    document: dict[str, Any]
    changes: tuple[Change, ...] = ()
    notices: tuple[dict[str, str], ...] = ()


def configuration_of(organization: Organization) -> Configuration:
    """Return the document with every key: what it does not say is as in a new organization's."""
    document = completed(organization)
    return Configuration(_number(organization), document, notices=_notices(organization, document))


def completed(organization: Organization, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return `document`, else the stored one, with defaults for what it leaves out."""
    own = {
        "branding": {"name": organization.name},
        "locale": {
            "language": organization.locale,
            "timezone": organization.timezone,
            "currency": organization.currency,
        },
    }
    below = laid_over(default_settings(), own)
    if document is not None:
        return _plain_words(laid_over(below, document))
    # The columns are the truth: a document that was stored otherwise may be behind them.
    return _plain_words(laid_over(laid_over(below, organization.settings), own))


@transaction.atomic
def check_document(actor: Actor, document: Any) -> Configuration:
    """Return what saving the document would change. Raises InvalidDocument, PermissionDenied."""
    require(actor, "organization.read")
    organization = Organization.objects.get(id=actor.organization_id)
    _refuse_faults(document)
    after = completed(organization, document)
    changes = tuple(differences(completed(organization), after))
    return Configuration(_number(organization), after, changes, _notices(organization, after))


def replace_document(
    actor: Actor, document: Any, *, expected: set[int] | None = None
) -> Configuration:
    """Replace the document; `expected` are the numbers that the caller's edit may follow.

    Raises PermissionDenied, OwnerOnly, StaleDocument, InvalidDocument.
    """
    return _change(actor, lambda _present: document, expected)


def patch_document(actor: Actor, patch: Any, *, expected: set[int] | None = None) -> Configuration:
    """Apply a JSON Merge Patch; null puts the default back. Raises what `replace_document` does."""
    return _change(actor, lambda present: merge_patch(present, patch), expected)


@transaction.atomic
def roll_back(actor: Actor, number: int) -> Configuration:
    """Make the document of a version the present one again, as a new version. Raises NotFound."""
    require(actor, "organization.write")
    versions = ConfigVersion.objects.visible_to(actor)
    version = versions.filter(number=number).first()
    if version is None:
        raise NotFound
    return _change(actor, lambda _present: version.document, None)


def claim_domain(actor: Actor, name: str) -> Domain:
    """Add a host name to the document; return its claim. Raises what `replace_document` does."""

    def added(present: dict[str, Any]) -> dict[str, Any]:
        names = present["branding"]["domains"]
        wanted = [*names, name] if name not in names else names
        return merge_patch(present, {"branding": {"domains": wanted}})  # type: ignore[no-any-return]

    with transaction.atomic():
        _change(actor, added, None)
        domain: Domain = Domain.objects.visible_to(actor).get(name=name)
        return domain


@transaction.atomic
def give_up_domain(actor: Actor, pk: UUID) -> None:
    """Take a host name out of the document. Raises NotFound and what `replace_document` does."""
    require(actor, "organization.write")
    domain = Domain.objects.visible_to(actor).filter(id=pk).first()
    if domain is None:
        raise NotFound

    def without(present: dict[str, Any]) -> dict[str, Any]:
        names = [name for name in present["branding"]["domains"] if name != domain.name]
        return merge_patch(present, {"branding": {"domains": names}})  # type: ignore[no-any-return]

    _change(actor, without, None)


def documents_of(rows: QuerySet[ConfigVersion], numbers: list[int]) -> dict[int, dict[str, Any]]:
    """Return the documents of versions by number; raises NotFound when one is not there."""
    found = dict(rows.filter(number__in=numbers).values_list("number", "document"))
    if set(found) != set(numbers):
        raise NotFound
    return found


def difference(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return the changes from one document to another, as on the wire."""
    return [change.shown() for change in differences(before, after)]


def _change(
    actor: Actor, make: Callable[[dict[str, Any]], Any], expected: set[int] | None
) -> Configuration:
    with transaction.atomic():
        require(actor, "organization.write")
        rows = Organization.objects.select_for_update()
        organization = rows.get(id=actor.organization_id)
        number = _number(organization)
        if expected is not None and number not in expected:
            raise StaleDocument(current_version=number)
        before = completed(organization)
        made = make(before)
        _refuse_faults(made)
        after = completed(organization, made)
        changes = tuple(differences(before, after))
        notices = _notices(organization, after)
        if not changes:
            return Configuration(number, before, (), notices)
        _refuse_admin(actor, changes)
        _ask_for_proof(actor, changes)
        number = _save(actor, organization, before, after, changes)
    return Configuration(number, after, changes, notices)


def _ask_for_proof(actor: Actor, changes: tuple[Change, ...]) -> None:
    """Raise ProofRequired for a change of who gets in and how (R25).

    The editor of the admin has a sign-in of its own, which names no session of the API.
    """
    if actor.session_id is None and actor.scopes is None:
        return
    if any(change.path.startswith(GUARDED) for change in changes):
        require_proof(actor)


def _save(
    actor: Actor,
    organization: Organization,
    before: dict[str, Any],
    after: dict[str, Any],
    changes: tuple[Change, ...],
) -> int:
    """Store the document with its version, event and audit entry; return its number."""
    number = _remember(organization, before) + 1
    paths = [change.path[:LONGEST_PATH] for change in changes[:MOST_PATHS]]
    locale = after["locale"]
    revise(
        organization, settings=after, name=after["branding"]["name"], locale=locale["language"],
        timezone=locale["timezone"], currency=locale["currency"],
    )  # fmt: skip
    ConfigVersion.objects.create(
        organization=organization, number=number, document=after, changed=paths,
        author_id=None if actor.role == SYSTEM else actor.user_id,
    )  # fmt: skip
    claim_domains(actor, organization, after["branding"]["domains"])
    publish(actor, "config.changed", organization, id=organization.id, changed=paths)
    record(actor, "configuration.changed", organization, number=number, **_told(changes))
    transaction.on_commit(forget_sites)
    return number


def _remember(organization: Organization, before: dict[str, Any]) -> int:
    """Keep the present document if no version holds it; return its number.

    The first change finds none, and so does one after a change past this service.
    """
    last = ConfigVersion.objects.filter(organization=organization).order_by("-number").first()
    if last is not None and last.document == before:
        return int(last.number)
    number = last.number + 1 if last else FIRST
    ConfigVersion.objects.create(
        organization=organization, number=number, document=before,
        created_at=organization.created_at if last is None else clock.now(),
    )  # fmt: skip
    return number


def _number(organization: Organization) -> int:
    rows = ConfigVersion.objects.filter(organization=organization)
    return int(rows.aggregate(last=Max("number"))["last"] or FIRST)


def _told(changes: tuple[Change, ...]) -> dict[str, Any]:
    """Return the audit's members: values before and after by path, as far as they have room."""
    before, after, room = {}, {}, AUDIT_BYTES
    left_out = 0
    for change in changes:
        room -= len(change.path) * 2 + len(orjson.dumps((change.before, change.after)))
        if room < 0:
            left_out += 1
            continue
        before[change.path], after[change.path] = change.before, change.after
    return {"before": before, "after": after} | ({"left_out": left_out} if left_out else {})


def _refuse_faults(document: Any) -> None:
    faults = faults_of(document)
    if faults:
        raise InvalidDocument(faults)


def _refuse_admin(actor: Actor, changes: tuple[Change, ...]) -> None:
    if actor.role != ADMIN:
        return
    kept = [change.path for change in changes if f"{change.path}/".startswith(_OWNED)]
    if kept:
        raise OwnerOnly(fields=kept[:MOST_PATHS])


_OWNED = tuple(f"{path}/" for path in OWNER_ONLY)


def _plain_words(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with plain words in the place that they stand for (C11)."""
    if document["database"]["migrations"] == "client_custom_tables":
        tables: dict[str, Any] = {"client_custom_tables": []}
        return document | {"database": document["database"] | {"migrations": tables}}
    return document


def _notices(organization: Organization, document: dict[str, Any]) -> tuple[dict[str, str], ...]:
    """Return what is allowed and worth a word: corrected colours, secrets that are not set."""
    found = [
        {
            "field": f"branding.colors.{item.name}",
            "code": "contrast_corrected",
            "message": f"{item.given} has a contrast of {item.ratio} : 1 as text; "
            f"text uses {item.used} instead.",
        }
        for item in corrections(document["branding"]["colors"])
    ]
    refs = list(secret_refs(document))
    if refs:
        rows = OrganizationSecret.objects.filter(organization=organization)
        known = set(rows.values_list("name", flat=True))
        found += [
            {"field": path, "code": "secret_missing", "message": f"The secret {name} is not set."}
            for path, name in refs
            if name not in known
        ]
    sender = document["branding"]["from_email"] or ""
    proved = Domain.objects.filter(
        organization=organization, name=sender.rpartition("@")[2].lower(), verified_at__isnull=False
    )
    if sender and not proved.exists():
        found.append(
            {
                "field": "branding.from_email",
                "code": "sender_unproved",
                "message": "Mails come from the portal's address until its domain is verified.",
            }
        )
    if part(document, "security.password_login") is False and not part(
        document, "apis.authProviders"
    ):
        found.append(
            {
                "field": "security.password_login",
                "code": "no_provider",
                "message": "Without passwords and providers only passkeys and links sign in.",
            }
        )
    return tuple(found)
