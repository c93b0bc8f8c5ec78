"""P40: the recorded exchanges of the old server, sent again to the old face.

Each is replayed alone against the same sample studio and undone. Compared are the status, the
members with their JSON types, and the text of a refusal.
"""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tests.conftest import Api, needs_server
from tests.contract.compare import differences, kind_of
from tests.contract.recorded import (
    AREAS,
    IS_THERE,
    LATER,
    OTHER_STATUS,
    area_of,
    endpoints,
    exchanges,
    is_replayed,
)
from tests.contract.sample import Sample, sample
from tests.files.factories import PDF, PNG

NAMES = {"admin": "kendrick", "client": "john", "other client": "sarah", "query token": "john"}
CONTENT = {"image/png": PNG, "application/pdf": PDF}
NUMBERS = {"number", "integer"}
OTHER_WORDS = {
    85,  # said `Unauthorized`; the contract has one text for a wrong role
    109,  # named the types that were allowed
}


@pytest.fixture(autouse=True)
def _contract_is_there() -> None:
    needs_server("the recorded contract (NODE_CONTRACT)", IS_THERE)


def test_each_exchange_is_replayed_or_has_a_reason() -> None:
    here = {n for n, row in exchanges().items() if area_of(row["request"]["path"]) in AREAS}
    assert len(exchanges()) == 310
    assert set(LATER) <= here
    assert set(OTHER_STATUS) <= here - set(LATER)
    without_answer = {n for n in here - set(LATER) if exchanges()[n]["response"] is None}
    assert without_answer <= set(OTHER_STATUS)


@pytest.mark.parametrize("area", [*AREAS, "no-such-route"])
@pytest.mark.django_db
def test_recorded_exchanges_of(area: str) -> None:
    found = sample()
    numbers = [
        n for n, row in exchanges().items()
        if is_replayed(n) and area_of(row["request"]["path"]) == area
    ]  # fmt: skip
    assert numbers
    faults = {n: fault for n in numbers if (fault := _replayed(found, exchanges()[n]))}
    assert faults == {}


def _replayed(found: Sample, row: dict[str, Any]) -> list[str]:
    with transaction.atomic():
        response = _sent(found, row)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    old = row["response"] or {"status": 0}
    number = row["n"]
    status = OTHER_STATUS[number][0] if number in OTHER_STATUS else old["status"]
    if response.status_code != status:
        return [f"status {response.status_code}, not {status}: {response.content[:200]!r}"]
    if status != old["status"] or "body" not in old:
        return []
    ours = response.json()
    faults = list(differences(old["body"], ours, _counted(number)))
    if status >= 400:
        faults += _refusal_faults(old["body"], ours, number)
    return faults


def _refusal_faults(old: Any, ours: Any, number: int) -> list[str]:
    faults = [] if isinstance(ours.get("message"), str) else ["message is missing"]
    text = old["error"]
    is_text = kind_of(text) == "string" and number not in OTHER_WORDS
    if is_text and ours["error"] != text:
        faults.append(f"error is {ours['error']!r}, not {text!r}")
    return faults


def _counted(number: int) -> set[str]:
    """Return the names that the pages read as numbers of the calls that point at an exchange."""
    names = set()
    for endpoint in endpoints().values():
        if number in endpoint.get("recorded_exchanges", []) and isinstance(endpoint["reads"], list):
            reads = [read for read in endpoint["reads"] if read["type"] in NUMBERS]
            names |= {read["field"].rpartition(".")[2] for read in reads}
    return names


def _sent(found: Sample, row: dict[str, Any]) -> Any:
    request = row["request"]
    name = NAMES.get(row["as"], "")
    client = Api(raise_request_exception=True)
    if request.get("authorization"):
        answered = (row["response"] or {}).get("body")
        is_bad = answered == {"error": "Invalid or expired token"}
        token = "bad" if is_bad else found.pairs[name].access_token
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    path = found.renamed(request["path"])
    if name:
        path = path.replace("<access>", found.pairs[name].access_token)
    send = getattr(client, request["method"].lower())
    if "multipart" in request:
        return send(path, _form(found, request["multipart"]), format="multipart")
    if "raw" in request:
        return client.generic(
            request["method"], path, request["raw"], content_type="application/json"
        )
    return send(path, _body(found, request.get("body"), name or "john"), format="json")


def _body(found: Sample, body: Any, name: str) -> Any:
    if isinstance(body, dict):
        return {key: _body(found, value, name) for key, value in body.items()}
    if body == "<refresh>":
        return found.pairs[name].refresh_token
    return found.renamed(body) if isinstance(body, str) else body


def _form(found: Sample, multipart: dict[str, Any]) -> dict[str, Any]:
    form: dict[str, Any] = {
        name: found.renamed(value) for name, value in multipart["fields"].items()
    }
    for item in multipart["files"]:
        content = CONTENT.get(item["content_type"], b"x" * item["bytes"])
        part = SimpleUploadedFile(item["filename"], content, item["content_type"])
        form.setdefault(item["name"], []).append(part)
    return form
