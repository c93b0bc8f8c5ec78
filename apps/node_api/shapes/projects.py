"""Projects and their phases as the old pages know them.

A running project is called `active` there. `timeline` and the service type of the old form are
no columns of the portal: they are kept in `custom`.
"""

from typing import Any

from django.db.models import BigIntegerField, F, TextField, Value
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, NullIf
from rest_framework import serializers

from apps.core.fields import ComputedField
from apps.core.money import from_major
from apps.node_api.forms import OldForm, PageForm, said
from apps.node_api.shapes.columns import (
    count_of,
    count_text_of,
    filled,
    flag_of,
    midnight,
    moment,
    number,
    number_text,
    renamed,
    text_of,
)
from apps.projects.models import Phase, PhaseAction, Project

RUNNING, SHOWN = "in_progress", "active"
STATUSES = ("planning", "active", "in_progress", "review", "completed", "on_hold", "cancelled")
OWN = ("organization_id", "id")
LAST_INDEX = 7

# The index of the phase that is worked on: how many are behind it.
PLACE_OF_WORK = """SELECT least(count(*) FILTER (WHERE f.status IN ('completed', 'skipped')),
   greatest(count(*) - 1, 0), 7) AS n FROM projects_phase f
 WHERE f.organization_id = projects_project.organization_id
   AND f.project_id = projects_project.id"""
# A contact reads these counts too: they count what he may see.
FILES = """SELECT count(*) FROM files_file f
 WHERE (f.organization_id, f.project_id) = (%(expressions)s) AND f.deleted_at IS NULL
   AND f.visibility = 'client'"""
MESSAGES = """SELECT coalesce(sum(c.last_number), 0) FROM messaging_conversation c
 WHERE (c.organization_id, c.project_id) = (%(expressions)s) AND EXISTS (
   SELECT 1 FROM messaging_participant p JOIN accounts_membership m
       ON m.user_id = p.user_id AND m.organization_id = p.organization_id AND m.role = 'client'
    WHERE (p.organization_id, p.conversation_id) = (c.organization_id, c.id))"""
INVOICES = """SELECT count(*) FROM invoices_invoice i
 WHERE (i.organization_id, i.project_id) = (%(expressions)s) AND i.number IS NOT NULL"""
PAID = """SELECT round(coalesce(sum(i.paid_minor), 0) / 100.0, 2) FROM invoices_invoice i
 WHERE (i.organization_id, i.project_id) = (%(expressions)s)"""
OVERDUE = """SELECT coalesce(v.due < current_date, false)
   AND v.status NOT IN ('completed', 'cancelled')
  FROM (VALUES (%(expressions)s)) AS v(due, status)"""
PLACE = """SELECT count(*) FROM projects_phase b, (VALUES (%(expressions)s)) AS v(o, p, n)
 WHERE (b.organization_id, b.project_id) = (v.o, v.p) AND b.position <= v.n"""
# A phase waits for approval once the client has done all that was asked of him in it.
PHASE_WORD = """SELECT CASE v.status WHEN 'pending' THEN 'not_started' WHEN 'active' THEN
   CASE WHEN v.asks AND NOT EXISTS (SELECT 1 FROM projects_phaseaction a
     WHERE (a.organization_id, a.phase_id) = (v.o, v.p) AND a.is_required
       AND a.completed_at IS NULL) THEN 'awaiting_approval' ELSE 'in_progress' END
   ELSE 'completed' END
  FROM (VALUES (%(expressions)s)) AS v(o, p, status, asks)"""
PHASE = ("organization_id", "id", "status", "requires_client_action")
DESCRIPTION = """SELECT coalesce((SELECT nullif(l.description, '') FROM projects_libraryphase l
   WHERE (l.organization_id, l.key) = (v.o, v.k)), v.n)
  FROM (VALUES (%(expressions)s)) AS v(o, k, n)"""
IS_SET = "SELECT v.t IS NOT NULL FROM (VALUES (%(expressions)s)) AS v(t)"
ACTIONS = """SELECT count(*) FROM projects_phaseaction a
 WHERE (a.organization_id, a.phase_id) = (%(expressions)s)"""
DONE = f"{ACTIONS} AND a.completed_at IS NOT NULL"
PERCENT = """SELECT CASE WHEN v.status IN ('completed', 'skipped') THEN 100
   ELSE coalesce((SELECT 100 * count(a.completed_at) / nullif(count(*), 0)
     FROM projects_phaseaction a WHERE (a.organization_id, a.phase_id) = (v.o, v.p)), 0) END
  FROM (VALUES (%(expressions)s)) AS v(o, p, status)"""


def place_of_work(first: int) -> ComputedField:
    """The place of the phase that is worked on, counted from `first`."""
    return ComputedField(
        lambda _prefix: RawSQL(f"place.n + {first}", (), BigIntegerField()),  # noqa: S611  a number
        serializers.IntegerField(),
    )


def day_due(prefix: str) -> Combinable:
    """Return the due date as plain text."""
    return Cast(F(f"{prefix}due_date"), TextField())


def service_of(prefix: str) -> Combinable:
    """Return the service type of the old form, else the code of the portal's own."""
    said_there = NullIf(KeyTextTransform("service_type", f"{prefix}custom"), Value(""))
    return Coalesce(said_there, F(f"{prefix}service_type__code"), output_field=TextField())


class ProjectRow(serializers.ModelSerializer[Project]):
    """What all answers about a project have in common."""

    description = filled("description")
    status = renamed("status", {RUNNING: SHOWN})
    progress_percentage = serializers.IntegerField(source="progress")
    budget = number("budget_minor")
    budget_amount = number_text("budget_minor")
    budget_currency = serializers.CharField(source="currency")
    start_date = midnight("start_date")
    due_date = midnight("due_date")
    deadline = ComputedField(day_due, serializers.CharField())
    timeline = ComputedField(
        lambda prefix: KeyTextTransform("timeline", f"{prefix}custom"), serializers.CharField()
    )
    service_type = ComputedField(service_of, serializers.CharField())
    project_type = ComputedField(service_of, serializers.CharField())
    client_id = serializers.UUIDField()
    client_name = serializers.CharField(source="client.name")
    client_email = filled("client__email")
    company_name = filled("client__company")
    is_overdue = flag_of(OVERDUE, "due_date", "status")
    completed_at = moment("completed_at")
    created_at = moment("created_at")
    updated_at = moment("updated_at")
    file_count = count_text_of(FILES, *OWN)
    message_count = count_text_of(MESSAGES, *OWN)
    current_phase_index = place_of_work(0)
    current_phase = place_of_work(1)  # 1 to 8

    class Meta:
        model = Project
        row_laterals = {"place": PLACE_OF_WORK}
        fields: tuple[str, ...] = (
            "id", "name", "description", "status", "priority", "progress_percentage", "budget",
            "budget_amount", "budget_currency", "start_date", "due_date", "deadline", "timeline",
            "service_type", "project_type", "client_id", "client_name", "client_email",
            "company_name", "is_overdue", "completed_at", "created_at", "updated_at",
            "file_count", "message_count", "current_phase_index", "current_phase",
        )  # fmt: skip


class ProjectListRow(ProjectRow):
    calculated_phase_index = place_of_work(0)

    class Meta(ProjectRow.Meta):
        fields = (*ProjectRow.Meta.fields, "calculated_phase_index")


class ProjectCounts(serializers.Serializer[Any]):
    """Counts as text, as they came out of the old driver."""

    file_count = count_text_of(FILES, *OWN)
    message_count = count_text_of(MESSAGES, *OWN)
    invoice_count = count_text_of(INVOICES, *OWN)
    total_paid = count_text_of(PAID, *OWN)


class ProjectSingleRow(ProjectRow):
    """One project of the old API."""

    client_phone = filled("client__phone")
    statistics = ProjectCounts(source="*", read_only=True)

    class Meta(ProjectRow.Meta):
        fields = (*ProjectRow.Meta.fields, "client_phone", "statistics")


class PhaseItem(serializers.ModelSerializer[Phase]):
    """A phase in the details of its project; `number` counts from 1."""

    number = count_of(PLACE, "organization_id", "project_id", "position")
    status = text_of(PHASE_WORD, *PHASE)
    started_at = moment("started_at")
    completed_at = moment("completed_at")

    class Meta:
        model = Phase
        row_order = ("position",)
        fields = ("id", "number", "name", "key", "status", "started_at", "completed_at")


class ProjectDetailRow(ProjectRow):
    """The project page: it reads `current_phase` as an index from 0 (trap 3)."""

    client_phone = filled("client__phone")
    current_phase = place_of_work(0)
    phases = PhaseItem(many=True, read_only=True)
    statistics = ProjectCounts(source="*", read_only=True)

    class Meta(ProjectRow.Meta):
        fields = (*ProjectRow.Meta.fields, "client_phone", "phases", "statistics")


class ActionItem(serializers.ModelSerializer[PhaseAction]):
    """What the client does in a phase."""

    completed = flag_of(IS_SET, "completed_at")
    completed_at = moment("completed_at")

    class Meta:
        model = PhaseAction
        row_order = ("position",)
        fields = ("id", "key", "description", "is_required", "completed", "completed_at")


class PhaseRow(serializers.ModelSerializer[Phase]):
    """The `phase` member of a phase tab, with what stands beside it under `parts`."""

    project_id = serializers.UUIDField()
    phase_number = count_of(PLACE, "organization_id", "project_id", "position")
    phase_name = serializers.CharField(source="name")
    phase_key = serializers.CharField(source="key")
    status = text_of(PHASE_WORD, *PHASE)
    description = text_of(DESCRIPTION, "organization_id", "key", "name")
    requires_approval = serializers.BooleanField(source="requires_client_action")
    approved_by = serializers.UUIDField(source="completed_by_id")
    approved_at = moment("completed_at")
    started_at = moment("started_at")
    completed_at = moment("completed_at")
    expected_completion = midnight("due_date")
    deadline = ComputedField(day_due, serializers.CharField())
    progress_percentage = count_of(PERCENT, "organization_id", "id", "status")
    total_actions = count_of(ACTIONS, *OWN)
    completed_actions = count_of(DONE, *OWN)
    actions = ActionItem(many=True, read_only=True)

    class Meta:
        model = Phase
        fields = (
            "id", "project_id", "phase_number", "phase_name", "phase_key", "description",
            "status",
            "requires_approval", "approved_by", "approved_at", "started_at", "completed_at",
            "expected_completion", "deadline", "progress_percentage", "total_actions",
            "completed_actions", "actions",
        )  # fmt: skip


class ProjectPage(PageForm):
    """The query of the list."""

    status = serializers.ChoiceField(
        choices=STATUSES, required=False, error_messages=said("Invalid status")
    )
    priority = serializers.ChoiceField(
        choices=Project.Priority.values, required=False, error_messages=said("Invalid priority")
    )
    sort = serializers.ChoiceField(
        choices=("created_at", "updated_at", "name", "due_date", "status", "priority"),
        default="created_at", error_messages=said("Invalid sort field"),
    )  # fmt: skip

    def validate_status(self, status: str) -> str:
        """Return our word for a running project."""
        return RUNNING if status == SHOWN else status


class ProjectForm(OldForm):
    """A project of the admin form (`budget`, `deadline`) or of the old API (`budget_amount`)."""

    name = serializers.CharField(
        max_length=200, error_messages=said("Project name is required (max 255 characters)")
    )
    client_id = serializers.UUIDField(error_messages=said("Valid client ID is required"))
    description = serializers.CharField(
        max_length=20_000, required=False, error_messages=said("Description is too long")
    )
    status = serializers.ChoiceField(
        choices=STATUSES, required=False, error_messages=said("Invalid status")
    )
    priority = serializers.ChoiceField(
        choices=Project.Priority.values, required=False, error_messages=said("Invalid priority")
    )
    budget = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False,
        error_messages=said("Budget must be a positive number"),
    )  # fmt: skip
    budget_amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=0, required=False,
        error_messages=said("Budget must be a positive number"),
    )  # fmt: skip
    start_date = serializers.DateField(
        required=False, error_messages=said("Invalid start date format")
    )
    due_date = serializers.DateField(required=False, error_messages=said("Invalid due date format"))
    deadline = serializers.DateField(required=False, error_messages=said("Invalid deadline format"))
    timeline = serializers.CharField(
        max_length=200, required=False, error_messages=said("Timeline is too long")
    )
    service_type = serializers.CharField(
        max_length=60, required=False, error_messages=said("Invalid service type")
    )
    project_type = serializers.CharField(
        max_length=60, required=False, error_messages=said("Invalid project type")
    )

    def validate_status(self, status: str) -> str:
        """Return our word for a running project."""
        return RUNNING if status == SHOWN else status


class PhaseTarget(OldForm):
    """Which phase a project moves to: `phase` counts from 1, `target_phase_index` from 0."""

    phase = serializers.IntegerField(
        min_value=1, max_value=8, required=False,
        error_messages=said("Phase must be a number from 1 to 8"),
    )  # fmt: skip
    target_phase_index = serializers.IntegerField(
        min_value=0, max_value=LAST_INDEX, required=False,
        error_messages=said("Phase index must be a number from 0 to 7"),
    )  # fmt: skip


def columns_of(form: dict[str, Any], custom: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the fields of a project that a form means, on top of its present `custom`."""
    same = ("name", "description", "status", "priority", "start_date", "due_date")
    columns: dict[str, Any] = {name: form[name] for name in same if name in form}
    if "deadline" in form:
        columns["due_date"] = form["deadline"]
    budget = form.get("budget", form.get("budget_amount"))
    if budget is not None:
        columns["budget"] = from_major(budget, currency)
    kept = dict(custom)
    service = form.get("service_type", form.get("project_type"))
    if service is not None:
        kept["service_type"] = service
    if "timeline" in form:
        kept["timeline"] = form["timeline"]
    return columns | ({"custom": kept} if kept != custom else {})
