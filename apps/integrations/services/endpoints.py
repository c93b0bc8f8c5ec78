"""Webhook endpoints: connections of kind `webhook` (C17, P100).

The address is checked by the guard when it is saved, and again at every send (R159). A lookup of
a name happens before anything is locked or written, and has a deadline of 2 s.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.permissions import require
from apps.accounts.services import require_recent_proof
from apps.connections import services as connections
from apps.connections.addresses import RefusedAddress, UnknownHost, resolve_target
from apps.connections.models import Connection, Secret
from apps.connections.secrets import new_webhook_secret
from apps.core.actors import Actor
from apps.core.errors import InvalidFields
from apps.events.hints import hint
from apps.events.kinds import is_pattern_of_known_kinds
from apps.integrations.models import Delivery
from apps.integrations.services.creating import cancel_waiting, hold_waiting, release_held

KIND = "webhook"
ROTATION = timedelta(hours=24)


def checked_url(url: str, allow: Sequence[str]) -> str:
    """Return `url` when calls may go there; raises InvalidFields. Call it before locking rows.

    A name without an address is accepted: it is checked again at each send.
    """
    try:
        with suppress(UnknownHost):
            resolve_target(url, allow)
    except RefusedAddress as error:
        raise InvalidFields(url=f"This address is not allowed: {error}.") from error
    return url


@transaction.atomic
def create_endpoint(
    actor: Actor,
    *,
    url: str,
    events: Sequence[str],
    description: str = "",
    active: bool = True,
    ordered: bool = False,
    version: int = 1,
) -> tuple[Connection, str]:
    """Return a new endpoint and its secret, which is never shown again.

    `url` has passed `checked_url`. Raises PermissionDenied, ProofRequired, InvalidFields,
    DuplicateConnection.
    """
    require(actor, "connections.write")
    require_recent_proof(actor)
    _refuse_unknown(events)
    state = Connection.State.ACTIVE if active else Connection.State.PAUSED
    endpoint = connections.create_connection(
        actor, kind=KIND, name=url, settings={"url": url, "description": description},
        kinds=list(events), ordered=ordered, payload_version=version, state=state,
    )  # fmt: skip
    secret = new_webhook_secret()
    connections.add_secret(actor, endpoint, secret)
    return endpoint, secret


@transaction.atomic
def change_endpoint(actor: Actor, endpoint: Connection, **changes: Any) -> None:
    """Change a locked endpoint: any of the fields of `create_endpoint`.

    Switching off holds what waits, switching on lets it go (5.1). Raises PermissionDenied,
    InvalidFields, DuplicateConnection, TestFirst, and ProofRequired for another address.
    """
    require(actor, "connections.write")
    if changes.get("url", endpoint.settings["url"]) != endpoint.settings["url"]:
        require_recent_proof(actor)
    _refuse_unknown(changes.get("events", ()))
    columns: dict[str, Any] = {}
    if "url" in changes or "description" in changes:
        kept = {name: changes[name] for name in ("url", "description") if name in changes}
        columns["settings"] = endpoint.settings | kept
        columns["name"] = columns["settings"]["url"]
    if "events" in changes:
        columns["kinds"] = list(changes["events"])
    if "ordered" in changes:
        columns["ordered"] = changes["ordered"]
    if "version" in changes:
        columns["payload_version"] = changes["version"]
    connections.change_connection(actor, endpoint, **columns)
    if "active" in changes:
        _switch(actor, endpoint, on=changes["active"])


@transaction.atomic
def remove_endpoint(actor: Actor, endpoint: Connection) -> None:
    """Revoke a locked endpoint and cancel what still waits for it; raises PermissionDenied."""
    connections.revoke_connection(actor, endpoint)
    cancel_waiting(Delivery.objects.filter(connection=endpoint))


@transaction.atomic
def rotate_secret(
    actor: Actor, endpoint: Connection, overlap: timedelta = ROTATION
) -> tuple[Secret, str]:
    """Return a new secret of a locked endpoint; the old one signs too for `overlap` (R157).

    Raises PermissionDenied, ProofRequired.
    """
    require(actor, "connections.write")
    require_recent_proof(actor)
    secret = new_webhook_secret()
    return connections.add_secret(actor, endpoint, secret, overlap=overlap), secret


@transaction.atomic
def send_test(actor: Actor, endpoint: Connection) -> UUID:
    """Publish `connection.test`, which goes to this locked endpoint only; return the event's id.

    It is sent at once, also when the endpoint is paused or disabled (R158).
    """
    require(actor, "connections.write")
    event_id = connections.tell(
        actor, "connection.test", endpoint, id=endpoint.id, name=endpoint.name
    )
    transaction.on_commit(
        partial(hint, "events.expand", str(endpoint.organization_id)), robust=True
    )
    return event_id


def _switch(actor: Actor, endpoint: Connection, *, on: bool) -> None:
    if on:
        connections.resume_connection(actor, endpoint)
        release_held(endpoint)
    else:
        connections.pause_connection(actor, endpoint)
        hold_waiting(endpoint)


def _refuse_unknown(events: Sequence[str]) -> None:
    unknown = [pattern for pattern in events if not is_pattern_of_known_kinds(pattern)]
    if unknown:
        raise InvalidFields(events=f"No event is meant by {', '.join(unknown[:5])}.")
