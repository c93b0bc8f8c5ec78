"""Clients as the old pages know them: one person with a company, in both spellings.

A client of the portal is a company with contacts. Its person here is the primary contact, else
the oldest one, else the name itself is taken apart. What the old form asks and the portal has no
column for (`source`, the stage `prospect`) is kept in `custom`.
"""

from copy import copy
from typing import Any

from django.db.models import F, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from rest_framework import serializers

from apps.clients.models import Client
from apps.core.fields import ComputedField
from apps.node_api.forms import OldForm, PageForm, said
from apps.node_api.shapes.columns import (
    count_of,
    count_text_of,
    filled,
    flag_of,
    looked_up,
    moment,
    text_of,
)

STATUSES = ("prospect", "active", "inactive")
SOURCES = ("referral", "website", "social_media", "advertising", "other")
OWN = ("organization_id", "id")

CONTACT = """SELECT {column} FROM clients_contact c
 WHERE (c.organization_id, c.client_id) = (%(expressions)s) AND c.deleted_at IS NULL
 ORDER BY c.is_primary DESC, c.created_at, c.id LIMIT 1"""
PROJECTS = """SELECT count(*) FROM projects_project p
 WHERE (p.organization_id, p.client_id) = (%(expressions)s) AND p.deleted_at IS NULL"""
RUNNING = f"{PROJECTS} AND p.status IN ('planning', 'in_progress', 'review')"
# A contact reads these counts too: they count what he may see.
INVOICES = """SELECT count(*) FROM invoices_invoice i
 WHERE (i.organization_id, i.client_id) = (%(expressions)s) AND i.number IS NOT NULL"""
PAID = """SELECT round(coalesce(sum(i.paid_minor), 0) / 100.0, 2) FROM invoices_invoice i
 WHERE (i.organization_id, i.client_id) = (%(expressions)s)"""
FILES = """SELECT count(*) FROM files_file f
 WHERE (f.organization_id, f.client_id) = (%(expressions)s) AND f.deleted_at IS NULL
   AND f.visibility = 'client'"""
LAST_SEEN = """SELECT to_char(max(s.last_used_at) AT TIME ZONE 'UTC',
   'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM clients_contact c JOIN accounts_session s ON s.user_id = c.user_id
 WHERE (c.organization_id, c.client_id) = (%(expressions)s) AND c.deleted_at IS NULL"""
STATUS = """SELECT CASE WHEN v.status <> 'active' THEN 'inactive'
   WHEN v.custom ->> 'stage' = 'prospect' THEN 'prospect' ELSE 'active' END
  FROM (VALUES (%(expressions)s)) AS v(status, custom)"""
ADDRESS = """SELECT nullif(concat_ws(E'\\n', nullif(a ->> 'line1', ''), nullif(a ->> 'line2', ''),
   nullif(concat_ws(' ', nullif(a ->> 'postal_code', ''), nullif(a ->> 'city', '')), ''),
   nullif(a ->> 'region', ''), nullif(a ->> 'country', '')), '')
  FROM (VALUES (%(expressions)s)) AS v(a)"""
FIRST_WORD = "SELECT split_part(v.n, ' ', 1) FROM (VALUES (%(expressions)s)) AS v(n)"
OTHER_WORDS = (
    "SELECT substr(v.n, strpos(v.n || ' ', ' ') + 1) FROM (VALUES (%(expressions)s)) AS v(n)"
)
IS_ACTIVE = "SELECT v.status = 'active' FROM (VALUES (%(expressions)s)) AS v(status)"


def _from_contact(column: str, otherwise: str) -> ComputedField:
    found = looked_up(CONTACT.format(column=f"c.{column}"), *OWN)
    spare = looked_up(otherwise, "name")
    return ComputedField(
        lambda prefix: Coalesce(found(prefix), spare(prefix), output_field=TextField()),
        serializers.CharField(),
    )


def _filled_or_contact(column: str) -> ComputedField:
    found = looked_up(CONTACT.format(column=f"c.{column}"), *OWN)
    return ComputedField(
        lambda prefix: Coalesce(
            NullIf(F(prefix + column), Value("")), found(prefix), Value(""),
            output_field=TextField(),
        ),
        serializers.CharField(),
    )  # fmt: skip


FIRST_NAME = _from_contact("first_name", FIRST_WORD)
LAST_NAME = _from_contact("last_name", OTHER_WORDS)


class ClientRow(serializers.ModelSerializer[Client]):
    """A row of the list and the answer to a change."""

    name = serializers.CharField()
    email = _filled_or_contact("email")
    phone = _filled_or_contact("phone")
    firstName = copy(FIRST_NAME)  # noqa: N815  wire names
    lastName = copy(LAST_NAME)  # noqa: N815
    first_name = copy(FIRST_NAME)
    last_name = copy(LAST_NAME)
    company = filled("company")
    company_name = filled("company")
    status = text_of(STATUS, "status", "custom")
    is_active = flag_of(IS_ACTIVE, "status")
    address = text_of(ADDRESS, "address")
    source = text_of("SELECT v.c ->> 'source' FROM (VALUES (%(expressions)s)) AS v(c)", "custom")  # type: ignore[assignment]  # a wire name
    notes = filled("notes")
    projectCount = count_of(PROJECTS, *OWN)  # noqa: N815
    activeProjects = count_of(RUNNING, *OWN)  # noqa: N815
    active_projects = count_text_of(RUNNING, *OWN)
    total_invoices = count_text_of(INVOICES, *OWN)
    lastActivity = text_of(LAST_SEEN, *OWN)  # noqa: N815
    last_login_at = text_of(LAST_SEEN, *OWN)
    createdAt = moment("created_at")  # noqa: N815
    created_at = moment("created_at")
    updated_at = moment("updated_at")

    class Meta:
        model = Client
        fields: tuple[str, ...] = (
            "id", "name", "email", "phone", "firstName", "lastName", "first_name", "last_name",
            "company", "company_name", "status", "is_active", "address", "source", "notes",
            "projectCount", "activeProjects", "active_projects", "total_invoices",
            "lastActivity", "last_login_at", "createdAt", "created_at", "updated_at",
        )  # fmt: skip


class ClientStatistics(serializers.Serializer[Any]):
    """Counts and sums as text, in the main unit of the client's currency."""

    active_projects = count_text_of(RUNNING, *OWN)
    total_projects = count_text_of(PROJECTS, *OWN)
    total_invoices = count_text_of(INVOICES, *OWN)
    paid_invoices = count_text_of(f"{INVOICES} AND i.status = 'paid'", *OWN)
    total_paid = count_text_of(PAID, *OWN)
    uploaded_files = count_text_of(FILES, *OWN)


class ClientDetailRow(ClientRow):
    """One client with its counts."""

    statistics = ClientStatistics(source="*", read_only=True)

    class Meta(ClientRow.Meta):
        fields = (*ClientRow.Meta.fields, "statistics")


class ClientPage(PageForm):
    """The query of the list. Without a status the active ones and prospects are meant."""

    status = serializers.ChoiceField(
        choices=("active", "inactive", "prospect", "all"), default="active",
        error_messages=said("Invalid status"),
    )  # fmt: skip
    sort = serializers.ChoiceField(
        choices=("created_at", "updated_at", "name", "email"), default="created_at",
        error_messages=said("Invalid sort field"),
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the members; a prospect is an active client at that stage."""
        return attrs | ({"stage": "prospect"} if attrs["status"] == "prospect" else {})


class ClientForm(OldForm):
    """A client of the admin form; a `password` lets its person sign in."""

    first_name = serializers.CharField(
        max_length=100, error_messages=said("First name is required (max 100 characters)")
    )
    last_name = serializers.CharField(
        max_length=100, default="", error_messages=said("Last name has at most 100 characters")
    )
    email = serializers.EmailField(max_length=254, error_messages=said("Valid email is required"))
    phone = serializers.CharField(
        max_length=40, default="", error_messages=said("Phone has at most 40 characters")
    )
    company_name = serializers.CharField(
        max_length=200, default="", error_messages=said("Company name has at most 200 characters")
    )
    address = serializers.CharField(
        max_length=500, default="", error_messages=said("Address has at most 500 characters")
    )
    status = serializers.ChoiceField(
        choices=STATUSES, default="active", error_messages=said("Invalid status")
    )
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a wire name
        choices=SOURCES, required=False, error_messages=said("Invalid source")
    )
    notes = serializers.CharField(
        max_length=10_000, required=False, error_messages=said("Notes are too long")
    )


class NewClientForm(ClientForm):
    password = serializers.CharField(
        min_length=8, max_length=128, trim_whitespace=False,
        error_messages=said("Password must be at least 8 characters long"),
    )  # fmt: skip


def columns_of(form: dict[str, Any], custom: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of `Client` that a form means, on top of its present `custom`.

    The address is free text of several lines: the first one is `line1`, the rest `line2`.
    """
    columns: dict[str, Any] = {}
    if "first_name" in form:
        columns["name"] = f"{form['first_name']} {form.get('last_name', '')}".strip()
    for theirs, ours in (("email", "email"), ("phone", "phone"), ("company_name", "company")):
        if theirs in form:
            columns[ours] = form[theirs]
    if "notes" in form:
        columns["notes"] = form["notes"]
    if "address" in form:
        first, _, rest = form["address"].partition("\n")
        columns["address"] = {"line1": first.strip()[:200], "line2": " ".join(rest.split())[:200]}
    kept = {name: value for name, value in custom.items() if name != "stage"}
    if form.get("status", custom.get("stage")) == "prospect":
        kept["stage"] = "prospect"
    if "source" in form:
        kept["source"] = form["source"]
    return columns | {"custom": kept}
