"""Both walls: no entry point skips `visible_to`, and row security holds if one does (R27, R28)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from apps.accounts.models import Membership
from apps.clients.models import Client
from apps.core.checks import database_role_obeys_row_security
from apps.core.tenancy import across_organizations, enter_organization, organization_scope

ROOT = Path(__file__).parents[2]
EDGES = ("views", "webhooks", "consumers", "serializers", "admin")
TENANT_MODELS = {
    model.__name__: model
    for model in apps.get_models()
    if model.__module__.startswith("apps.")
    and any(field.attname == "organization_id" for field in model._meta.concrete_fields)
}
# Read before the tenant is known.
OUTSIDE_ROW_SECURITY = {
    "ApiKey", "CustomRole", "Domain", "EmailChange", "Factor", "Invitation", "LinkRequest",
    "Membership", "OneTimeLink", "Registration", "Session", "SignInAttempt",
}  # fmt: skip
QUEUE_TABLES = {
    "events_head",
    "events_cursor",
    "events_job",
    "connections_connection",
    "connections_secret",
    "connections_attempt",
    "integrations_delivery",
    "notifications_mail",
    "payments_operation",
}


def edge_files(edge: str) -> Iterator[Path]:
    yield from ROOT.glob(f"apps/*/{edge}.py")
    yield from ROOT.glob(f"apps/*/{edge}/*.py")


# Querysets that start from an actor, as `visible_to` does.
ACTOR_METHODS = {"audited_by", "visible_to", "restorable_to", "services_of", "none"}


def queries(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (model, first queryset method, line) for each `Model.objects.method`.

    A sub-select that is bound to its outer row by OuterRef shows what that row shows.
    """
    tree = ast.parse(path.read_text())
    bound = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and "OuterRef(" in ast.unparse(node)
    }
    for node in ast.walk(tree):
        if id(node) in bound:
            continue
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id=model), attr="objects"), attr=method
            ) if model in TENANT_MODELS:
                yield model, method, node.lineno


@pytest.mark.parametrize("edge", EDGES)
def test_r28_an_edge_asks_only_through_visible_to(edge: str) -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line} {model}.objects.{method}"
        for path in edge_files(edge)
        for model, method, line in queries(path)
        if method not in ACTOR_METHODS
    ]
    assert strays == []


def tables(policy_part: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_policies WHERE policyname = 'organization'"
            " AND position(%s in qual) > 0",
            [policy_part],
        )
        return {name for (name,) in cursor.fetchall()}


def test_r28_each_tenant_table_forces_row_security(db: None) -> None:
    expected = {
        model._meta.db_table
        for name, model in TENANT_MODELS.items()
        if name not in OUTSIDE_ROW_SECURITY and model._meta.managed
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        walled = {name for (name,) in cursor.fetchall()}
    assert walled == expected
    assert tables("app.organization") == expected


def test_r28_each_view_asks_with_the_rights_of_its_reader(db: None) -> None:
    """A view reads as its owner unless told otherwise, which would step over the second wall."""
    views = {model._meta.db_table for model in TENANT_MODELS.values() if not model._meta.managed}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'v'"
            " AND 'security_invoker=true' = ANY(reloptions)"
        )
        assert {name for (name,) in cursor.fetchall()} >= views


def test_only_queue_tables_accept_every_organization(db: None) -> None:
    assert tables("= 'every'::text") == QUEUE_TABLES


def test_the_test_role_is_bound_by_row_security(db: None) -> None:
    assert database_role_obeys_row_security(databases=["default"]) == []


def test_p104_a_query_without_an_organization_sees_nothing(client_a: Client) -> None:
    assert list(Client.objects.all()) == []
    with across_organizations():
        assert list(Client.objects.all()) == []


def test_an_unfiltered_query_sees_one_organization(client_a: Client, mallory: Membership) -> None:
    with organization_scope(mallory.organization_id):
        assert list(Client.objects.all()) == []
    with organization_scope(client_a.organization_id):
        assert list(Client.objects.all()) == [client_a]


def test_a_row_cannot_be_written_into_another_organization(
    client_a: Client, mallory: Membership
) -> None:
    def intrude() -> None:
        with organization_scope(client_a.organization_id):
            Client.objects.create(organization=mallory.organization, name="Intruder")

    with pytest.raises(ProgrammingError, match="row-level security"):
        intrude()


@pytest.mark.django_db(transaction=True)
def test_an_organization_needs_a_transaction(client_a: Client) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        enter_organization(client_a.organization_id)
