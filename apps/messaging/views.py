"""Conversations, their messages and read marks."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of, gone
from apps.core.errors import NotFound
from apps.core.filters import by_flag, by_id, by_time
from apps.core.lists import DetailView, ListView
from apps.messaging import services
from apps.messaging.models import Conversation, Message, Thread
from apps.messaging.serializers import (
    ConversationDraftSerializer,
    ConversationSerializer,
    MessageChangeSerializer,
    MessageDraftSerializer,
    MessageSerializer,
    ReadMarkSerializer,
    SubjectSerializer,
)


class ConversationView(ApiView[Thread]):
    """Rows are the person's threads; a conversation is shown under its own id."""

    serializer_class = ConversationSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Thread]:
        """The conversations that the person takes part in."""
        return Thread.objects.visible_to(actor)

    def conversation(self, actor: Actor, pk: UUID, **options: Any) -> Response:
        """Return the conversation `pk` as the person sees it now."""
        rows = self.visible(actor).filter(conversation_id=pk)
        thread_id = rows.values_list("id", flat=True).first()
        if thread_id is None:
            raise NotFound
        return self.shown(rows, thread_id, **options)


class ConversationList(ConversationView, ListView[Thread]):
    filters: ClassVar[Any] = {
        "project_id": by_id("project_id"),
        "participant_id": by_id("conversation__participants__user_id"),
        "unread": by_flag("is_unread"),
    }
    sorts: ClassVar[Any] = {"last_message_at": "active_at", "created_at": "created_at"}
    default_sort = "-last_message_at"
    search = ("subject",)

    @extend_schema(request=ConversationDraftSerializer, responses={201: ConversationSerializer})
    def post(self, request: Request) -> Response:
        """Start a conversation."""
        actor = actor_of(request)
        made = services.start_conversation(actor, **self.body(ConversationDraftSerializer))
        place = f"{request.path.rstrip('/')}/{made.id}"
        return self.conversation(actor, made.id, status=201, headers={"Location": place})


class ConversationDetail(ConversationView, DetailView[Thread]):
    def read(self, request: HttpRequest, actor: Actor, **kwargs: Any) -> HttpResponse:
        """Return the conversation; one of others is 404."""
        return self.read_one(request, self.visible(actor).filter(conversation_id=kwargs["pk"]))

    @extend_schema(request=SubjectSerializer, responses={200: ConversationSerializer})
    def put(self, request: Request, pk: UUID) -> Response:
        """Replace the subject."""
        return self._rename(request, pk, partial=False)

    @extend_schema(request=SubjectSerializer, responses={200: ConversationSerializer})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change the subject."""
        return self._rename(request, pk, partial=True)

    def _rename(self, request: Request, pk: UUID, *, partial: bool) -> Response:
        actor = actor_of(request)
        rows: Any = Conversation.objects.visible_to(actor)
        conversation: Any = self.locked(rows, pk)
        changes = self.body(SubjectSerializer, partial=partial)
        if changes:
            services.rename_conversation(actor, conversation, **changes)
        return self.conversation(actor, pk)


class ConversationReads(ConversationView):
    @extend_schema(request=ReadMarkSerializer, responses={200: ConversationSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Mark the conversation as read up to a message."""
        actor = actor_of(request)
        services.mark_read(actor, pk, **self.body(ReadMarkSerializer))
        return self.conversation(actor, pk)


class MessageList(ListView[Message]):
    serializer_class = MessageSerializer
    filters: ClassVar[Any] = {
        "sender_id": by_id("sender_id"),
        "created_after": by_time("created_at__gt"),
        "created_before": by_time("created_at__lt"),
    }
    sorts: ClassVar[Any] = {"number": "number", "created_at": "created_at"}
    default_sort = "-number"
    search = ("body",)

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Message]:
        """The messages of a conversation that the person takes part in."""
        rows = Message.objects.visible_to(actor)
        return rows.filter(conversation_id=parents["conversation_id"])

    def parent(self, actor: Actor, **parents: UUID) -> QuerySet[Conversation]:
        """The conversation."""
        return Conversation.objects.visible_to(actor).filter(id=parents["conversation_id"])

    @extend_schema(request=MessageDraftSerializer, responses={201: MessageSerializer})
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Send a message; the same `client_key` again gives the same message."""
        actor = actor_of(request)
        self.one(self.parent(actor, conversation_id=conversation_id), conversation_id)  # type: ignore[arg-type]
        body = self.body(MessageDraftSerializer)
        message = services.send_message(actor, conversation_id, **body)
        return self.made_for(actor, message.id, conversation_id=conversation_id)


class MessageDetail(DetailView[Message]):
    serializer_class = MessageSerializer

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Message]:
        """The messages of a conversation that the person takes part in."""
        rows = Message.objects.visible_to(actor)
        return rows.filter(conversation_id=parents["conversation_id"])

    @extend_schema(request=MessageChangeSerializer, responses={200: MessageSerializer})
    def put(self, request: Request, conversation_id: UUID, pk: UUID) -> Response:
        """Replace the own message, within 15 minutes."""
        return self._edit(request, conversation_id, pk, partial=False)

    @extend_schema(request=MessageChangeSerializer, responses={200: MessageSerializer})
    def patch(self, request: Request, conversation_id: UUID, pk: UUID) -> Response:
        """Change the own message, within 15 minutes."""
        return self._edit(request, conversation_id, pk, partial=True)

    def _edit(
        self, request: Request, conversation_id: UUID, pk: UUID, *, partial: bool
    ) -> Response:
        actor = actor_of(request)
        rows = self.visible(actor, conversation_id=conversation_id)
        message = self.locked(rows, pk)
        changes = self.body(MessageChangeSerializer, partial=partial)
        services.edit_message(actor, message, **changes)
        return self.shown(rows, pk)

    @extend_schema(request=None, responses={200: None})
    def delete(self, request: Request, conversation_id: UUID, pk: UUID) -> Response:
        """Delete the own message, within 15 minutes; its place stays."""
        actor = actor_of(request)
        message = self.locked(self.visible(actor, conversation_id=conversation_id), pk)
        services.delete_message(actor, message)
        return gone()
