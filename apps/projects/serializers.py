"""Shapes of projects, phases and the catalog (P44, P45, C17)."""

from django.db.models import (
    Case,
    Exists,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf
from rest_framework import serializers

from apps.accounts.models import User
from apps.clients.models import Client, check_custom
from apps.core.fields import (
    AmountSerializer,
    ComputedField,
    InputSerializer,
    MillisecondField,
    MoneyField,
)
from apps.core.json_text import EmptyArray, JsonArray, JsonObject
from apps.projects.models import LibraryPhase, Phase, PhaseAction, Project, ServiceType


class ClientNameSerializer(serializers.ModelSerializer[Client]):
    class Meta:
        model = Client
        fields = ("id", "name")


class ManagerSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "first_name", "last_name")


class NextPhaseSerializer(serializers.ModelSerializer[Phase]):
    class Meta:
        model = Phase
        fields = ("key", "name", "due_date")


class OpenActionSerializer(serializers.ModelSerializer[PhaseAction]):
    class Meta:
        model = PhaseAction
        fields = ("key", "description", "is_required")


def budget(prefix: str) -> Combinable:
    """Return the budget as `{amount, currency}`, or null."""
    amount, currency = F(f"{prefix}budget_minor"), F(f"{prefix}currency")
    known = Q(**{f"{prefix}budget_minor__isnull": False})
    return Case(When(known, then=JsonObject({"amount": amount, "currency": currency})))


def current_phase(prefix: str) -> Combinable:
    """Return the key of the active phase, or null when none is."""
    return NullIf(F(f"{prefix}current_phase"), Value(""))


def next_phase(prefix: str) -> Combinable:
    """Return the phase that follows the current one, or null."""
    columns = {name: F(name) for name in NextPhaseSerializer.Meta.fields}
    waiting: QuerySet[Phase] = QuerySet(Phase).filter(
        project_id=OuterRef(f"{prefix}id"), status=Phase.Status.PENDING
    )
    return Subquery(
        waiting.order_by("position").annotate(shown=JsonObject(columns)).values("shown")[:1],
        output_field=JSONField(),
    )


def open_actions(prefix: str) -> Combinable:
    """Return what the client has still to do in the current phase."""
    columns = {name: F(name) for name in OpenActionSerializer.Meta.fields}
    array = JsonArray(JsonObject(columns), order=("position",))
    rows = _undone(prefix).order_by().values("phase_id").annotate(array=array).values("array")
    return Coalesce(Subquery(rows), EmptyArray(), output_field=JSONField())


def waiting_for(prefix: str) -> Combinable:
    """Return who has to act: `client`, `team`, or null while nobody has."""
    resting = Q(**{f"{prefix}status__in": ("completed", "cancelled", "on_hold")})
    return Case(
        When(resting, then=Value(None)),
        When(Exists(_undone(prefix).filter(is_required=True)), then=Value("client")),
        default=Value("team"),
        output_field=TextField(),
    )


def _undone(prefix: str) -> QuerySet[PhaseAction]:
    return QuerySet(PhaseAction).filter(
        phase__project_id=OuterRef(f"{prefix}id"),
        phase__status=Phase.Status.ACTIVE,
        completed_at__isnull=True,
    )


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A project as lists show it."""

    client_id = serializers.UUIDField(read_only=True)
    client = ClientNameSerializer(read_only=True)
    manager_id = serializers.UUIDField(read_only=True, allow_null=True)
    service_type = serializers.CharField(
        source="service_type.code", read_only=True, allow_null=True
    )
    budget = ComputedField(budget, AmountSerializer(allow_null=True))
    current_phase = ComputedField(current_phase, serializers.CharField(allow_null=True))
    custom = serializers.JSONField(read_only=True)
    completed_at = MillisecondField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Project
        fields: tuple[str, ...] = (
            "id", "name", "description", "client_id", "client", "manager_id", "status",
            "priority", "service_type", "start_date", "due_date", "budget", "progress",
            "current_phase", "custom", "completed_at", "created_at", "updated_at",
        )  # fmt: skip


class ProjectDetailSerializer(ProjectSerializer):
    """One project, with what is next and who has to act (R44)."""

    manager = ManagerSerializer(read_only=True, allow_null=True)
    next_phase = ComputedField(next_phase, NextPhaseSerializer(allow_null=True))
    waiting_for = ComputedField(
        waiting_for, serializers.ChoiceField(choices=("client", "team"), allow_null=True)
    )
    open_actions = ComputedField(open_actions, OpenActionSerializer(many=True))

    class Meta:
        model = Project
        fields = (
            *ProjectSerializer.Meta.fields,
            "manager", "next_phase", "waiting_for", "open_actions",
        )  # fmt: skip


class ProjectInputSerializer(InputSerializer):
    """A project as a body. `status` follows the states of a project; progress is computed."""

    name = serializers.CharField(max_length=200)
    client_id = serializers.UUIDField()
    description = serializers.CharField(max_length=20_000, default="", allow_blank=True)
    manager_id = serializers.UUIDField(default=None, allow_null=True)
    status = serializers.ChoiceField(choices=Project.Status.choices, required=False)
    priority = serializers.ChoiceField(
        choices=Project.Priority.choices, default=Project.Priority.MEDIUM
    )
    service_type = serializers.CharField(
        max_length=20, default=None, allow_null=True, help_text="The code of a service type."
    )
    start_date = serializers.DateField(default=None, allow_null=True)
    due_date = serializers.DateField(default=None, allow_null=True)
    budget = MoneyField(min_amount=0, default=None, allow_null=True)
    custom = serializers.JSONField(default=dict, validators=[check_custom])


class PhaseActionSerializer(serializers.ModelSerializer[PhaseAction]):
    completed_at = MillisecondField(read_only=True, allow_null=True)
    completed_by = serializers.UUIDField(source="completed_by_id", read_only=True, allow_null=True)

    class Meta:
        model = PhaseAction
        row_order = ("position",)
        fields = ("key", "description", "is_required", "completed_at", "completed_by")


class PhaseSerializer(serializers.ModelSerializer[Phase]):
    """A phase with the client's actions in it."""

    actions = PhaseActionSerializer(many=True, read_only=True)
    started_at = MillisecondField(read_only=True, allow_null=True)
    completed_at = MillisecondField(read_only=True, allow_null=True)
    completed_by = serializers.UUIDField(source="completed_by_id", read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Phase
        fields = (
            "id", "key", "name", "position", "status", "requires_client_action", "due_date",
            "started_at", "completed_at", "completed_by", "reason", "actions", "created_at",
            "updated_at",
        )  # fmt: skip


class PhaseInputSerializer(InputSerializer):
    """What may be planned of a phase; how it ends is a completion."""

    name = serializers.CharField(max_length=100)
    due_date = serializers.DateField(default=None, allow_null=True)


class PhaseCompletionSerializer(InputSerializer):
    """How a phase ends; one that is skipped needs a reason."""

    skip = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class LibraryPhaseSerializer(serializers.ModelSerializer[LibraryPhase]):
    """A phase that projects are composed of."""

    client_actions = ComputedField(
        lambda prefix: F(f"{prefix}client_actions"), OpenActionSerializer(many=True)
    )
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = LibraryPhase
        fields = (
            "id", "key", "name", "description", "icon", "ui_components", "form_modules",
            "document_modules", "requires_client_action", "client_actions", "is_standard",
            "position", "is_active", "created_at", "updated_at",
        )  # fmt: skip


class ServiceTypeSerializer(serializers.ModelSerializer[ServiceType]):
    """A kind of work with the order of its phases."""

    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = ServiceType
        fields = (
            "id", "code", "name", "description", "phase_keys", "position", "is_active",
            "created_at", "updated_at",
        )  # fmt: skip
