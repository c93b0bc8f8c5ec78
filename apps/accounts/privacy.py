"""The account itself: what it holds of a person, its erasure, and the end of old sessions."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias, cast
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q

from apps.accounts.models import Membership, OneTimeLink, RefreshToken, Session, SignInAttempt, User
from apps.core import clock
from apps.core.privacy import Area, Counts, Subject, Times, remove
from apps.core.tenancy import organization_scope

UNUSABLE = "!erased"
Rows: TypeAlias = models.QuerySet[Any]
LISTED = (Session, SignInAttempt, OneTimeLink)  # whose columns are named below
# What may be shown of any other row that belongs to an account; no secret has such a name.
SHOWN = (
    "id", "kind", "name", "email", "role", "purpose", "provider", "system", "external_id", "prefix",
    "scopes", "status", "created_at", "last_used_at", "expires_at", "used_at", "revoked_at",
)  # fmt: skip


def areas(subject: Subject) -> list[Area]:
    """Return profile, memberships, sessions, failed sign-ins and one-time links."""
    organization_id, user_id = subject.organization_id, subject.user_id
    here = {"organization_id": organization_id, "user_id": user_id}
    return [
        Area("profile", "Who you are here.", User.objects.filter(id=user_id).values(
            "id", "email", "first_name", "last_name", "phone", "locale", "timezone", "is_active",
            "created_at", "updated_at",
        )),
        Area("memberships", "Your role here.", Membership.objects.filter(**here).values(
            "id", "role", "client_ids", "contact_roles", "is_active", "created_at",
        )),
        Area("sessions", "The devices that were signed in.", Session.objects.filter(**here).values(
            "id", "face", "method", "address", "user_agent", "created_at", "last_used_at",
            "expires_at", "revoked_at", "revoked_reason",
        )),
        Area("failed_sign_ins", "Attempts with a wrong password.", _attempts(subject).values(
            "id", "email", "address", "created_at",
        )),
        Area("links", "One-time links that were sent to you.", OneTimeLink.objects.filter(**here)
            .values("id", "purpose", "created_at", "expires_at", "used_at")),
        *_others(subject),
    ]  # fmt: skip


def _others(subject: Subject) -> Iterator[Area]:
    """Yield an area for each further table that belongs to accounts: keys, factors, identities."""
    found = (*_addressed(subject), *_owned(replace(subject, is_account=True)))
    for rows in {rows.model: rows for rows in found}.values():
        names = {field.attname for field in rows.model._meta.concrete_fields}
        if rows.model not in LISTED:
            label = str(rows.model._meta.verbose_name_plural)
            yield Area(
                label.replace(" ", "_"), f"Of your account: {label}.",
                rows.values(*[name for name in SHOWN if name in names]),
            )  # fmt: skip


def erase(subject: Subject) -> Counts:
    """Take the person out of the organization; out of the account too when nobody else needs it.

    The last step of an erasure: until then the row tells what to look for elsewhere.
    """
    sessions = Session.objects.filter(
        user_id=subject.user_id, organization_id=subject.organization_id
    )
    counts = {"accounts.sessions": sessions.count()}
    RefreshToken.objects.filter(session__in=sessions).delete()
    sessions.delete()
    for rows in (*_addressed(subject), *_owned(subject)):
        name = f"accounts.{rows.model._meta.model_name}"
        counts[name] = counts.get(name, 0) + _deleted(rows)
    _withdraw(subject)
    return counts | {"accounts.people": int(_change_person(subject))}


def hand_to(subject: Subject, stand_in: User) -> None:
    """Let a stand-in take the person's place in the rows of one organization.

    For people whom other organizations still know: what stays here must not lead to them.
    """
    for relation in User._meta.get_fields(include_hidden=True):
        model: Any = getattr(relation, "related_model", None)
        if not _is_reference(relation) or not _has_organization(model):
            continue
        name = relation.field.name  # type: ignore[union-attr]
        rows = model._default_manager.filter(
            organization_id=subject.organization_id, **{name: subject.user_id}
        )
        rows.update(**{name: stand_in})


def make_stand_in(subject: Subject) -> User:
    """Return a person who is nobody, under the pseudonym; the same one when asked again."""
    first, _, last = subject.pseudonym.partition(" ")
    person, _made = User.objects.get_or_create(
        email=subject.pseudonym_email,
        defaults={"first_name": first, "last_name": last, "password": UNUSABLE, "is_active": False},
    )
    return cast("User", person)


def expire(organization_id: UUID, times: Times, most: int) -> Counts:
    """Remove sessions long after their end, failed sign-ins, and links that are of no use."""
    ended = times.before("sessions")
    old = times.before("attempts")
    with organization_scope(organization_id):
        here = {"organization_id": organization_id}
        sessions = Session.objects.filter(Q(revoked_at__lt=ended) | Q(expires_at__lt=ended), **here)
        return {
            "accounts.sessions": remove(sessions, most),
            "accounts.failed_sign_ins": remove(
                SignInAttempt.objects.filter(created_at__lt=old, **here), most
            ),
            "accounts.links": remove(OneTimeLink.objects.filter(expires_at__lt=old, **here), most),
        }


def _attempts(subject: Subject) -> models.QuerySet[SignInAttempt]:
    his = Q(user_id=subject.user_id) | Q(email__iexact=subject.email)
    return SignInAttempt.objects.filter(his, organization_id=subject.organization_id)


def _addressed(subject: Subject) -> Iterator[Rows]:
    """Yield the rows of accounts that know the person by e-mail: attempts, invitations and such."""
    emails = [text for text in subject.texts if "@" in text]
    for model in apps.get_app_config("accounts").get_models():
        names = {field.attname for field in model._meta.concrete_fields}
        if model is not User and {"email", "organization_id"} <= names:
            his = Q(*[Q(email__iexact=email) for email in emails], _connector=Q.OR)
            rows = model._default_manager.filter(his) if emails else model._default_manager.none()
            yield rows.filter(organization_id=subject.organization_id)


def _owned(subject: Subject) -> Iterator[Rows]:
    """Yield the rows that belong to the person and go with him.

    They are what cascades with the account or hangs on the membership. So keys, factors and what
    else an account may get are erased without being named here.
    """
    for relation in User._meta.get_fields(include_hidden=True):
        if not _is_reference(relation) or relation.on_delete is not models.CASCADE:  # type: ignore[union-attr]
            continue
        rows = _referring(relation, subject.user_id)
        if _has_organization(rows.model):
            yield rows.filter(organization_id=subject.organization_id)
        elif subject.is_account:
            yield rows
    memberships = Membership.objects.filter(
        user_id=subject.user_id, organization_id=subject.organization_id
    )
    for relation in Membership._meta.get_fields(include_hidden=True):
        if _is_reference(relation):
            for membership in memberships:
                yield _referring(relation, membership.id)


def _referring(relation: Any, pk: UUID) -> Rows:
    rows: Rows = relation.related_model._default_manager.filter(**{relation.field.name: pk})
    return rows


def _is_reference(relation: Any) -> bool:
    model = getattr(relation, "related_model", None)
    return bool(
        relation.auto_created
        and not relation.concrete
        and (relation.one_to_many or relation.one_to_one)
        and model is not None
        and model._meta.managed
        and model.__module__.startswith("apps.")
        and hasattr(relation, "on_delete")
    )


def _has_organization(model: Any) -> bool:
    return any(field.attname == "organization_id" for field in model._meta.concrete_fields)


def _deleted(rows: Any) -> int:
    count: int = rows.count()
    rows.delete()
    return count


def _withdraw(subject: Subject) -> None:
    Membership.objects.filter(
        user_id=subject.user_id, organization_id=subject.organization_id
    ).update(is_active=False, client_ids=[], contact_roles=[])


def _change_person(subject: Subject) -> bool:
    """Give the person his pseudonym, or leave him to the others; return whether he is gone."""
    if not subject.is_account:
        hand_to(subject, make_stand_in(subject))
        return False
    first, _, last = subject.pseudonym.partition(" ")
    return bool(
        User.objects.filter(id=subject.user_id).update(
            email=subject.pseudonym_email, first_name=first, last_name=last, phone="",
            password=UNUSABLE, locale="en", timezone="UTC", is_active=False, is_staff=False,
            is_superuser=False, last_login=None, version=models.F("version") + 1,
            updated_at=clock.now(),
        )
    )  # fmt: skip
