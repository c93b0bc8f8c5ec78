"""Counts the statements of one request: BEGIN, COMMIT and savepoints are not counted."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.benching.jobs import Job

FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
JSON = "application/json"


class JobFailed(Exception):
    """A job's request was not answered with 2xx: there is nothing to count."""


def queries_of(face: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the number of statements of each job; None for one that fails. Raises JobFailed.

    Each request is sent twice and the second is counted: the first compiles and connects.
    """
    client = Client(
        enforce_csrf_checks=True, raise_request_exception=False, SERVER_NAME="127.0.0.1"
    )
    login = face["login"]
    token = _send(client, login, {})
    for key in login["token"].split("."):
        token = token[key]
    headers = {"Authorization": f"Bearer {token}"}
    return {"login": _count(client, login, {})} | {
        name: _count(client, job, headers) for name, job in face["paths"].items()
    }


def _count(client: Client, job: Job, headers: dict[str, str]) -> int | None:
    try:
        _send(client, job, headers)
        with CaptureQueriesContext(connection) as queries:
            _send(client, job, headers)
    except JobFailed:
        return None  # the driver meets the same answer and reports it
    return sum(not query["sql"].startswith(FRAME) for query in queries)


def _send(client: Client, job: Job, headers: dict[str, str]) -> Any:
    if isinstance(job, str):
        response = client.get(job, headers=headers)
    else:
        body = json.dumps(job["body"])
        response = client.post(job["path"], body, content_type=JSON, headers=headers)
    if not 200 <= response.status_code < 300:
        raise JobFailed(f"{response.status_code} from {job}: {response.content[:300]!r}")
    return json.loads(response.content or b"{}")
