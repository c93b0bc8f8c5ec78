"""`Idempotency-Key`: one effect however often a POST is sent (`integration.md`, section 10).

Two transactions: the first signs the caller in and records that the key runs, so that others
see it; the second does the work and stores its answer with it, or leaves nothing at all.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from apps.core import failpoints
from apps.core.actors import Actor
from apps.core.api import ApiView, require_key
from apps.core.envelope import refusal_of
from apps.core.errors import DomainError, PayloadTooLarge, Unauthenticated
from apps.core.scopes import check_reach
from apps.core.sealing import seal, unseal
from apps.core.tenancy import enter_organization, organization_scope
from apps.events.errors import KeyOfAnotherBody, StillRunning, WrongKey

LEASE = timedelta(seconds=60)
KEPT_HEADERS = ("Location", "ETag", "Content-Type")

CLAIM = """
INSERT INTO events_idempotency AS k (id, organization_id, actor_id, method, path, key, fingerprint,
  state, epoch, locked_until)
VALUES (gen_random_uuid(), %(organization)s, %(actor)s, %(method)s, %(path)s, %(key)s,
  %(fingerprint)s, 'running', 1, clock_timestamp() + %(lease)s)
ON CONFLICT (organization_id, actor_id, method, path, key) DO UPDATE
  SET epoch = k.epoch + 1, locked_until = clock_timestamp() + %(lease)s,
      fingerprint = excluded.fingerprint, state = 'running', created_at = now(),
      status = NULL, headers = NULL, body = NULL
  WHERE (k.state = 'running' AND k.locked_until < clock_timestamp()
         AND k.fingerprint = excluded.fingerprint)
     OR k.created_at < now() - interval '24 hours'
RETURNING id, epoch
"""
STORED = """
SELECT id, fingerprint, state, status, headers, body FROM events_idempotency
 WHERE organization_id = %(organization)s AND actor_id = %(actor)s AND method = %(method)s
   AND path = %(path)s AND key = %(key)s
"""
FINISH = """
UPDATE events_idempotency SET state = 'done', status = %s, headers = %s, body = %s
 WHERE id = %s AND epoch = %s AND state = 'running'
"""
RELEASE = "DELETE FROM events_idempotency WHERE id = %s AND epoch = %s AND state = 'running'"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of a key: `epoch` fences out an earlier holder."""

    id: UUID
    epoch: int
    actor: Actor


def run(view: ApiView[Any], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer a POST once per key; a repeat gets the stored answer."""
    try:
        with transaction.atomic():
            claim = _claim(view, request)
    except DomainError as error:
        return refusal_of(error)
    if isinstance(claim, HttpResponse):
        return claim
    try:
        with transaction.atomic():
            enter_organization(claim.actor.organization_id)
            response = view.once(request, *args, **kwargs)
            if response.status_code < 400:
                failpoints.hit("idempotency.after_effect_before_store")
                _finish(claim, response)
    except BaseException:
        _release(claim)
        raise
    if response.status_code >= 400:
        _release(claim)
    return response


def _claim(view: ApiView[Any], request: HttpRequest) -> Claim | HttpResponse:
    """Return the claim, or the response that settles the matter; raises the refusals."""
    found = None
    for authenticator in view.get_authenticators():
        found = authenticator.authenticate(Request(request))
        if found is not None:
            break
    if found is None:
        raise Unauthenticated
    request.signed_in = found  # type: ignore[attr-defined]
    actor: Actor = found[0]
    check_reach(type(view), actor, "POST")  # before a stored answer is shown
    values = _values(actor, request)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        claimed = cursor.fetchone()
        if claimed is not None:
            return Claim(claimed[0], claimed[1], actor)
        cursor.execute(STORED, values)
        row_id, fingerprint, state, status, headers, body = cursor.fetchone()
    if bytes(fingerprint) != values["fingerprint"]:
        raise KeyOfAnotherBody
    if state == "running":
        raise StillRunning
    return _replay(status, headers, unseal(bytes(body), str(row_id)))


def _values(actor: Actor, request: HttpRequest) -> dict[str, Any]:
    key = require_key(request)
    if not 1 <= len(key) <= 255 or not (key.isascii() and key.isprintable()):
        raise WrongKey
    return {
        "organization": actor.organization_id,
        "actor": actor.user_id,
        "method": request.method,
        "path": request.path_info,
        "key": key,
        "fingerprint": _fingerprint(request),
        "lease": LEASE,
    }


def _fingerprint(request: HttpRequest) -> bytes:
    """Return the digest of the canonical body: the order of JSON members does not count."""
    if request.content_type != "application/json":
        return hashlib.sha256((request.headers.get("Content-Length") or "").encode()).digest()
    try:
        body = request.body
    except Exception as error:
        raise PayloadTooLarge from error
    with suppress(orjson.JSONDecodeError):  # the view says what is wrong with such a body
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).digest()


def _finish(claim: Claim, response: HttpResponse) -> None:
    if hasattr(response, "render"):
        response.render()
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    # An answer may show a secret once, such as that of a webhook endpoint.
    sealed = seal(response.content, str(claim.id))
    values: list[Any] = [response.status_code, orjson.dumps(headers).decode(), sealed]
    with connection.cursor() as cursor:
        cursor.execute(FINISH, [*values, claim.id, claim.epoch])
        if cursor.rowcount == 0:  # a slower holder lost its lease: its work must not stay
            raise StillRunning


def _release(claim: Claim) -> None:
    with organization_scope(claim.actor.organization_id), connection.cursor() as cursor:
        cursor.execute(RELEASE, [claim.id, claim.epoch])


def _replay(status: int, headers: dict[str, str] | str, body: bytes) -> HttpResponse:
    kept = orjson.loads(headers) if isinstance(headers, str) else headers
    response = HttpResponse(body, status=status, headers=kept)
    response["Idempotent-Replayed"] = "true"
    return response
