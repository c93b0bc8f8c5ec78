"""Rows rendered by PostgreSQL say what their serializer says, whatever the columns hold."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.clients.models import Client, Contact
from apps.clients.serializers import ClientSerializer, ContactSerializer
from apps.core.json_text import JsonObject
from apps.core.rows import render_row
from apps.core.tenancy import organization_scope
from apps.projects.models import Project
from apps.projects.serializers import ProjectSerializer
from tests.factories import make_contact
from tests.projects.factories import make_project

# PostgreSQL stores no NUL, and half of a surrogate pair is no text.
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(words, values, max_size=4)
days = st.dates(date(1970, 1, 1), date(2999, 12, 31))
moments = st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
again = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
COMPUTED = {"address", "balance_due", "projects_count", "budget", "current_phase"}


def rendered(rows: Any, shape: Any) -> dict[str, Any]:
    found = render_row(rows, shape)
    assert found is not None
    row: dict[str, Any] = json.loads(found.text)
    return row


def documented(instance: Any, shape: Any) -> dict[str, Any]:
    """Return what DRF itself makes of the row, but for fields that only PostgreSQL computes."""
    serializer = shape(instance)
    for name in COMPUTED & set(serializer.fields):
        serializer.fields.pop(name)
    row: dict[str, Any] = json.loads(json.dumps(serializer.data, default=str))
    return row


def assert_same(shown: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: shown[name] for name in expected} == expected


@again
@given(name=words, tags=st.lists(words, max_size=4), custom=documents, created=moments)
def test_a_client_with_any_text_is_rendered_as_documented(
    client_a: Client, name: str, tags: list[str], custom: dict[str, Any], created: datetime
) -> None:
    with organization_scope(client_a.organization_id):
        rows = Client.objects.filter(id=client_a.id)
        rows.update(name=name, company=name, tags=tags, custom=custom, created_at=created)
        assert_same(rendered(rows, ClientSerializer), documented(rows.get(), ClientSerializer))


@again
@given(name=words, due=st.none() | days, budget=st.none() | st.integers(0, 2**53))
def test_a_project_with_any_value_or_none_is_rendered_as_documented(
    client_a: Client, name: str, due: date | None, budget: int | None
) -> None:
    project = make_project(client_a)
    with organization_scope(client_a.organization_id):
        rows = Project.objects.filter(id=project.id)
        rows.update(name=name, due_date=due, budget_minor=budget, manager_id=None)
        shown = rendered(rows, ProjectSerializer)
        assert_same(shown, documented(rows.get(), ProjectSerializer))
    money = None if budget is None else {"amount": budget, "currency": "EUR"}
    assert (shown["budget"], shown["client"]["name"]) == (money, client_a.name)


@pytest.mark.parametrize("flag", [True, False])
def test_flags_are_booleans(client_a: Client, flag: bool) -> None:
    member = make_contact(client_a)
    with organization_scope(client_a.organization_id):
        rows = Contact.objects.filter(user_id=member.user_id)
        rows.update(is_billing=flag)
        assert rendered(rows, ContactSerializer)["is_billing"] is flag


@pytest.mark.parametrize("name", ["", "a'b", 'a"b', "a b", "a-b"])
def test_a_name_that_could_end_the_statement_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a field name"):
        JsonObject({name: F("name")})
