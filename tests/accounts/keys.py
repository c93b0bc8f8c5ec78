"""API keys in tests: made, and used."""

from typing import Any

import orjson

from apps.accounts.models import ApiKey, Membership
from apps.accounts.services import create_key, create_service_account
from apps.core.tenancy import organization_scope
from tests.conftest import Api, events_of, present


def make_key(
    person: Membership, *scopes: str, service: Membership | None = None, **fields: Any
) -> tuple[ApiKey, str]:
    """A key of a person, or one that he makes for a service account, with its text."""
    account: dict[str, Any] = {"service_account_id": service.user_id} if service else {}
    with organization_scope(person.organization_id):
        return create_key(
            present(person), name="Script", scopes=scopes or ("clients:read",), **account, **fields
        )


def make_service(owner: Membership, role: str = "staff") -> Membership:
    with organization_scope(owner.organization_id):
        return create_service_account(present(owner), name="Importer", role=role)


def with_key(text: str, **headers: str) -> Api:
    """Return a client that sends an API key or another bearer token."""
    client = Api(raise_request_exception=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}", **headers)
    return client


def refusal_of(answer: Any) -> tuple[int, str, str]:
    """Return status, code and rule of a refusal."""
    body = answer.json()
    return answer.status_code, body["code"], (body["details"] or {}).get("rule", "")


def actions_told(person: Membership) -> list[str]:
    """Return the actions of the audit entries that have no kind of their own, in order."""
    events = [event for event in events_of(person) if event.kind == "audit.recorded"]
    return [orjson.loads(event.data)["action"] for event in events]
