"""Connections and their secrets: make, pause, resume, rotate, revoke (`integration.md`, 4).

The row of the connection is locked first, deliveries and attempts after it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from apps.accounts.permissions import require
from apps.connections.errors import ConnectionRevoked, DuplicateConnection, TestFirst
from apps.connections.models import Connection, Secret
from apps.core import clock
from apps.core.actors import Actor
from apps.core.keyring import keyring
from apps.core.models import revise
from apps.events.outbox import publish

SIGNING = "signing"
State = Connection.State


@transaction.atomic
def create_connection(
    actor: Actor, *, kind: str, name: str, settings: dict[str, Any], **fields: Any
) -> Connection:
    """Return a new connection; raises PermissionDenied, DuplicateConnection.

    `fields` are further columns: `kinds`, `ordered`, `payload_version`, `max_in_flight`, `state`.
    """
    require(actor, "connections.write")
    row = Connection(
        organization_id=actor.organization_id, kind=kind, name=name, settings=settings, **fields
    )
    _save_once(row, force_insert=True)
    publish(actor, "connection.created", row, **described(row))
    return row


@transaction.atomic
def change_connection(actor: Actor, connection: Connection, **changes: Any) -> Connection:
    """Set columns of a locked connection that differ; raises PermissionDenied and refusals."""
    require(actor, "connections.write")
    _refuse_revoked(connection)
    changed = {name: new for name, new in changes.items() if getattr(connection, name) != new}
    if changed:
        for name, new in changed.items():
            setattr(connection, name, new)
        connection.version += 1
        connection.updated_at = clock.now()
        _save_once(connection, update_fields=[*changed, "version", "updated_at"])
        publish(actor, "config.changed", connection, id=connection.id, changed=sorted(changed))
    return connection


@transaction.atomic
def pause_connection(actor: Actor, connection: Connection) -> None:
    """Let the work of a locked connection wait; a paused or disabled one stays as it is."""
    require(actor, "connections.write")
    _refuse_revoked(connection)
    if connection.state == State.ACTIVE:
        revise(connection, state=State.PAUSED)
        publish(actor, "config.changed", connection, id=connection.id, changed=["state"])


@transaction.atomic
def resume_connection(actor: Actor, connection: Connection) -> None:
    """Let a locked connection work again; raises TestFirst for a disabled one without a test.

    A disabled connection comes back only after a call that went well since it was disabled.
    """
    require(actor, "connections.write")
    _refuse_revoked(connection)
    if connection.state == State.ACTIVE:
        return
    was_disabled = connection.state == State.DISABLED
    if was_disabled and not _worked_since(connection, connection.disabled_at):
        raise TestFirst
    revise(
        connection, state=State.ACTIVE, disabled_reason="", disabled_at=None,
        failing_since=None, failing_count=0, paused_until=None, breaker=Connection.Breaker.CLOSED,
        breaker_until=None, breaker_streak=0,
    )  # fmt: skip
    if was_disabled:
        publish(actor, "connection.recovered", connection, **described(connection))
    else:
        publish(actor, "config.changed", connection, id=connection.id, changed=["state"])


@transaction.atomic
def revoke_connection(actor: Actor, connection: Connection) -> None:
    """End a locked connection for good; its secrets are void at once."""
    require(actor, "connections.write")
    _refuse_revoked(connection)
    connection.secrets.all().delete()
    revise(connection, state=State.REVOKED)
    publish(actor, "config.changed", connection, id=connection.id, changed=["state"])


@transaction.atomic
def disable_connection(connection: Connection, reason: str) -> None:
    """Switch a locked connection off because of what its peer did; publishes it once."""
    if connection.state in {State.DISABLED, State.REVOKED}:
        return
    revise(connection, state=State.DISABLED, disabled_reason=reason, disabled_at=clock.now())
    actor = Actor.system(connection.organization_id)
    publish(actor, "connection.disabled", connection, **described(connection), reason=reason)


def tell(actor: Actor, kind: str, connection: Connection, **options: Any) -> UUID:
    """Publish what happened to a locked connection whose columns did not change.

    Each event takes a version of its own, so the row is counted up first.
    """
    revise(connection)
    return publish(actor, kind, connection, **options)


def described(connection: Connection) -> dict[str, Any]:
    """Return the members that all events about a connection have."""
    return {"id": connection.id, "connector": connection.kind, "name": connection.name}


# -- secrets --------------------------------------------------------------------------------


@transaction.atomic
def add_secret(
    actor: Actor,
    connection: Connection,
    secret: str,
    *,
    purpose: str = SIGNING,
    overlap: timedelta = timedelta(0),
) -> Secret:
    """Store a secret of a locked connection; earlier ones stay valid for `overlap`.

    What has run out already is deleted. Raises PermissionDenied.
    """
    require(actor, "connections.write")
    _refuse_revoked(connection)
    now = clock.now()
    known = Secret.objects.filter(connection=connection, purpose=purpose)
    number = (known.aggregate(last=Max("number"))["last"] or 0) + 1
    ends = now + overlap
    known.filter(valid_until__lte=now).delete()
    if overlap <= timedelta(0):
        known.delete()
    known.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=ends)).update(valid_until=ends)
    sealed = keyring().seal(connection.id, purpose, secret)
    made = Secret.objects.create(
        organization_id=connection.organization_id, connection=connection, purpose=purpose,
        number=number, ciphertext=sealed.ciphertext, key_id=sealed.key_id,
        last_four=sealed.last_four, valid_from=now,
    )  # fmt: skip
    if number > 1:
        tell(
            actor, "audit.recorded", connection, audience="system", id=connection.id,
            action="secret.rotated", object_type="connection", object_id=connection.id,
        )  # fmt: skip
    return made


def valid_secrets(connection_id: UUID, purpose: str = SIGNING) -> list[str]:
    """Return the secrets that are valid now, newest first; raises Unreadable."""
    now = clock.now()
    rows = Secret.objects.filter(connection_id=connection_id, purpose=purpose).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now), valid_from__lte=now
    )
    ring = keyring()
    return [
        ring.open(connection_id, purpose, row.key_id, bytes(row.ciphertext))
        for row in rows.order_by("-number")
    ]


def _worked_since(connection: Connection, moment: datetime | None) -> bool:
    worked = connection.last_success_at
    return worked is not None and moment is not None and worked > moment


def _refuse_revoked(connection: Connection) -> None:
    if connection.state == State.REVOKED:
        raise ConnectionRevoked


def _save_once(row: Connection, **options: Any) -> None:
    try:
        with transaction.atomic():
            row.save(**options)
    except IntegrityError as error:
        raise DuplicateConnection from error
