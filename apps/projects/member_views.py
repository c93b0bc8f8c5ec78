"""Who works on a project (C17, R29)."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import actor_of, gone
from apps.core.fields import InputSerializer, MillisecondField
from apps.core.filters import by_choice
from apps.core.lists import DetailView, ListView
from apps.projects import services
from apps.projects.models import Project, ProjectMember


class ProjectMemberSerializer(serializers.ModelSerializer[ProjectMember]):
    user_id = serializers.UUIDField(read_only=True)
    first_name = serializers.CharField(source="user.first_name", read_only=True)
    last_name = serializers.CharField(source="user.last_name", read_only=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = ProjectMember
        fields = ("id", "user_id", "first_name", "last_name", "role", "created_at", "updated_at")


class ProjectPartSerializer(InputSerializer):
    role = serializers.ChoiceField(choices=ProjectMember.Role.choices)


class ProjectMemberInputSerializer(InputSerializer):
    user_id = serializers.UUIDField()
    role = serializers.ChoiceField(
        choices=ProjectMember.Role.choices, default=ProjectMember.Role.MEMBER
    )


class ProjectMemberList(ListView[ProjectMember]):
    serializer_class = ProjectMemberSerializer
    filters: ClassVar[Any] = {"role": by_choice("role", ProjectMember.Role.values)}

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[ProjectMember]:
        """The people who work on a project."""
        return ProjectMember.objects.visible_to(actor).filter(project_id=parents["project_id"])

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Project]:
        """The project."""
        return Project.objects.visible_to(actor).filter(id=parents["project_id"])

    @extend_schema(request=ProjectMemberInputSerializer, responses={201: ProjectMemberSerializer})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Let a person of the team work on the project."""
        actor = actor_of(request)
        project = services.locked_project(actor, project_id)
        body = self.body(ProjectMemberInputSerializer)
        member = services.add_member(actor, project, **body)
        return self.made_for(actor, member.id, project_id=project_id)


class ProjectMemberDetail(DetailView[ProjectMember]):
    serializer_class = ProjectMemberSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[ProjectMember]:
        """The people who work on a project."""
        return ProjectMember.objects.visible_to(actor).filter(project_id=parents["project_id"])

    @extend_schema(request=ProjectPartSerializer, responses={200: ProjectMemberSerializer})
    def put(self, request: Request, project_id: UUID, pk: UUID) -> Response:
        """Give a member another part."""
        return self._change(request, project_id, pk)

    @extend_schema(request=ProjectPartSerializer, responses={200: ProjectMemberSerializer})
    def patch(self, request: Request, project_id: UUID, pk: UUID) -> Response:
        """Give a member another part."""
        return self._change(request, project_id, pk)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, project_id: UUID, pk: UUID) -> Response:
        """Take a person off the project."""
        actor = actor_of(request)
        project = services.locked_project(actor, project_id)
        member = self.locked(self.visible(actor, project_id=project_id), pk)
        services.remove_member(actor, project, member)
        return gone()

    def _change(self, request: Request, project_id: UUID, pk: UUID) -> Response:
        actor = actor_of(request)
        project = services.locked_project(actor, project_id)
        member = self.locked(self.visible(actor, project_id=project_id), pk)
        role = self.body(ProjectPartSerializer)["role"]
        services.change_project_role(actor, project, member, role=role)
        return self.shown_to(actor, pk, project_id=project_id)
