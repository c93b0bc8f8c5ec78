"""The cast, the same in every test, and what keeps tests apart from each other.

owner, staff and accountant run a studio; alice is a contact of its client A, bob of its client
B; mallory owns another studio; anonymous has no token. Each is a `Membership`.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Session
from apps.accounts.services import open_session
from apps.clients.models import Client
from apps.core import context, sites
from apps.core.actors import Actor
from apps.core.tenancy import organization_scope
from apps.events.services import number_events
from apps.organizations.models import Organization
from tests.factories import make_client, make_contact, make_member, make_organization
from tests.log_guard import kept_log, leaks
from tests.names import NameServer
from tests.running import RunningPortal, portal_in

Request = Callable[[], object]
CAST = ("anonymous", "owner", "staff", "accountant", "alice", "bob", "mallory")


@pytest.fixture(scope="session")
def name_server() -> NameServer:
    """The name server that answers about domains in all tests."""
    return NameServer()


@pytest.fixture(scope="session", autouse=True)
def _no_secret_in_the_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the run when a secret that it has issued stands in its log (R203)."""
    path, issued = tmp_path_factory.mktemp("log") / "run.jsonl", set[str]()
    with kept_log(path, issued):
        yield
    found = leaks(path.read_text(), issued) if path.exists() else []
    assert not found, f"{len(found)} secrets stand in {path}, the first begins {found[0][:6]!r}"


@pytest.fixture(autouse=True)
def _own_surroundings(settings: Any, tmp_path: Any, name_server: NameServer) -> None:
    """Give each test its own rate limits, files, names and request context; send no hints."""
    name_server.clear()
    sites.forget_sites()
    settings.DNS_SERVERS = [name_server.address]
    settings.RATE_LIMIT_PREFIX = f"test:{uuid4()}:"
    settings.FILES_ROOT = tmp_path / "files"
    settings.HINTS_SENT = False
    context.enter(context.RequestContext(address="127.0.0.1", user_agent="tests"))


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization("North")


@pytest.fixture
def owner(organization: Organization) -> Membership:
    return make_member(organization, "owner", "owner")


@pytest.fixture
def staff(organization: Organization) -> Membership:
    return make_member(organization, "staff", "staff")


@pytest.fixture
def accountant(organization: Organization) -> Membership:
    return make_member(organization, "accountant", "accountant")


@pytest.fixture
def client_a(organization: Organization) -> Client:
    return make_client(organization, "Acme")


@pytest.fixture
def client_b(organization: Organization) -> Client:
    return make_client(organization, "Birch")


@pytest.fixture
def alice(client_a: Client) -> Membership:
    return make_contact(client_a, "alice")


@pytest.fixture
def bob(client_b: Client) -> Membership:
    return make_contact(client_b, "bob")


@pytest.fixture
def mallory(db: None) -> Membership:
    return make_member(make_organization("South"), "owner", "mallory")


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> dict[str, Membership | None]:
    """Everybody by name; `anonymous` is None."""
    return {"anonymous": None} | {name: request.getfixturevalue(name) for name in CAST[1:]}


def access_token(person: Membership, face: str = Session.Face.API) -> str:
    """Sign a person in without a password and return the access token."""
    with organization_scope(person.organization_id):
        return open_session(person, face=face).access_token


def present(person: Membership) -> Actor:
    """Return the actor of a person who has just signed in: services may ask for that (R25)."""
    with organization_scope(person.organization_id):
        return person.actor(open_session(person, face=Session.Face.API).session.id)


class Api(APIClient):
    """A client that sends JSON and its person's access token."""


def api(person: Membership | None) -> Api:
    """Return a client that acts as `person`, or as nobody."""
    client = Api(raise_request_exception=True)
    if person is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token(person)}")
    return client


def keyed() -> dict[str, str]:
    """Return the headers of a POST that needs an idempotency key, with a fresh one."""
    return {"Idempotency-Key": str(uuid4())}


def assert_constant_queries(request: Request, grow: Request, at_most: int | None = None) -> None:
    """Fail unless `request` costs as many queries with 10 rows as with 1.

    `grow` adds one row. With `at_most` the count is also held below a budget.
    """
    counts = []
    for rows in (1, 9):
        for _ in range(rows):
            grow()
        request()  # what is compiled or cached on first use is not the row count's fault
        with CaptureQueriesContext(connection) as queries:
            request()
        sql = [query["sql"] for query in queries if not _is_transaction(query["sql"])]
        counts.append(len(sql))
    assert counts[0] == counts[1], f"1 row: {counts[0]} queries, 10 rows: {counts[1]}"
    assert at_most is None or counts[0] <= at_most, f"{counts[0]} queries, at most {at_most}"


def _is_transaction(sql: str) -> bool:
    return sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT"))


def events_of(organization: Organization | Membership) -> list[Any]:
    """Number what the test has published so far and return the organization's events."""
    from apps.events.models import Event

    organization_id = getattr(organization, "organization_id", None) or organization.pk
    with organization_scope(organization_id):
        number_events()
        return list(Event.objects.filter(organization_id=organization_id).order_by("seq"))


def needs_server(name: str, reachable: bool) -> None:
    """Skip a test whose server is not there; with CI=true that is a failure."""
    if reachable:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not reachable, and CI must not skip")
    pytest.skip(f"{name} is not reachable")


@pytest.fixture(scope="session")
def running_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """The whole portal with the demo studio, started once for all tests of this process."""
    with portal_in(tmp_path_factory.mktemp("portal") / "var") as portal:
        yield portal
