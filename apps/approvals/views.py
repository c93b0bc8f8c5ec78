"""Questions to clients, their answers, and the proof of both."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import require
from apps.approvals import services
from apps.approvals.evidence import evidence_of
from apps.approvals.models import Approval
from apps.approvals.serializers import (
    AnswerSerializer,
    ApprovalRequestSerializer,
    ApprovalSerializer,
    EvidenceSerializer,
    WithdrawalSerializer,
)
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of
from apps.core.filters import Filter, by_choice, by_date, by_id, by_time
from apps.core.lists import DetailView, ListView
from apps.core.tenancy import organization_scope


class ApprovalsArea(ApiView[Approval]):
    """The area is closed to roles without `approvals.read` (C18): 403 before any look-up."""

    serializer_class = ApprovalSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Approval]:
        """The team's questions, or those to the contact's companies."""
        return Approval.objects.visible_to(actor)

    def check_access(self, actor: Actor) -> None:
        """Refuse a role that has nothing to do with approvals; raises PermissionDenied."""
        require(actor, "approvals.read")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the role after the credential, as reads do; an unknown method stays 405."""
        super().initial(request, *args, **kwargs)
        if hasattr(self, str(request.method).lower()):
            self.check_access(actor_of(request))


class ApprovalList(ApprovalsArea, ListView[Approval]):
    filters: ClassVar[dict[str, Filter]] = {
        "status": by_choice("status", Approval.Status.values),
        "project_id": by_id("project_id"),
        "client_id": by_id("client_id"),
        "file_id": by_id("file_id"),
        "approver_id": by_id("approvers__user_id"),
        "due_before": by_date("due_date__lt"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[dict[str, Any]] = {"created_at": "created_at", "updated_at": "updated_at"}
    search = ("question", "file__name")

    @extend_schema(request=ApprovalRequestSerializer, responses={201: ApprovalSerializer})
    def post(self, request: Request) -> Response:
        """Ask people of a client about a file version."""
        actor = actor_of(request)
        require(actor, "approvals.write")
        wanted = self.body(ApprovalRequestSerializer)
        subject = wanted.pop("subject")
        approval = services.request_approval(actor, subject_id=subject["id"], **wanted)
        return self.made_for(actor, approval.id)


class ApprovalDetail(ApprovalsArea, DetailView[Approval]):
    """One question with its answers."""


class ApprovalDecisions(ApprovalsArea):
    @extend_schema(request=AnswerSerializer, responses={201: ApprovalSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Answer a question; the answer cannot be taken back."""
        actor = actor_of(request)
        answer = self.body(AnswerSerializer)
        services.decide(actor, self.one(self.visible(actor), pk), **answer)
        return self.shown_to(actor, pk, status=201)


class ApprovalWithdrawals(ApprovalsArea):
    @extend_schema(request=WithdrawalSerializer, responses={201: ApprovalSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Take an open question back."""
        actor = actor_of(request)
        require(actor, "approvals.write")
        reason = self.body(WithdrawalSerializer)["reason"]
        services.withdraw(actor, self.one(self.visible(actor), pk), reason=reason)
        return self.shown_to(actor, pk, status=201)


class ApprovalEvidence(ApprovalsArea):
    atomic = False  # the file is hashed with no transaction open
    serializer_class = EvidenceSerializer  # type: ignore[assignment]

    @extend_schema(responses={200: EvidenceSerializer})
    def get(self, request: Request, pk: UUID) -> Response:
        """Prove an approval: statement, answers, the bytes hashed again, the event log."""
        actor = actor_of(request)
        with organization_scope(actor.organization_id):
            approval = self.one(self.visible(actor), pk)
        return Response(evidence_of(actor, approval))
