"""Conversations and messages on the old face: `/api/messages*`."""

from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse

from apps.accounts.models import User
from apps.clients.models import Contact
from apps.core.actors import ADMIN, OWNER, STAFF, Actor
from apps.core.errors import NotFound
from apps.messaging import services
from apps.messaging.models import Message, Participant, Thread
from apps.node_api.answers import answer
from apps.node_api.api import NodeView, id_of
from apps.node_api.errors import Said
from apps.node_api.lists import NumberedList
from apps.node_api.pages import NumberedPage, total_pages
from apps.node_api.shapes.messages import (
    ConversationRow,
    MessagePage,
    MessageRow,
    ReplyForm,
    SearchPage,
    SendForm,
    StartForm,
)

TEAM = {"admin": (OWNER, ADMIN), "support": (STAFF, ADMIN, OWNER)}  # in order of preference


class ConversationArea(NodeView):
    thing = "Conversation"

    def thread(self, actor: Actor, pk: UUID) -> Thread:
        """Return the thread that an id of the list names; raises NotFound."""
        rows = Thread.objects.visible_to(actor)
        found = rows.filter(conversation_id=pk).first() or newest_pair(actor, pk)
        if found is None:
            raise NotFound
        return found


def newest_pair(actor: Actor, other_id: UUID) -> Thread | None:
    """Return the actor's newest thread with just one other person, or None."""
    people = Participant.objects.visible_to(actor)
    theirs = people.filter(user_id=other_id).values("conversation_id")
    of_thread = people.filter(conversation=OuterRef("conversation")).order_by()
    size = of_thread.values("conversation_id").annotate(n=Count("pk")).values("n")
    rows = Thread.objects.visible_to(actor).filter(conversation_id__in=theirs)
    pairs = rows.annotate(size=Subquery(size)).filter(size=2)
    return pairs.exclude(user_id=other_id).order_by("-conversation_id").first()


class ConversationList(ConversationArea, NumberedList):
    key = "conversations"
    row = ConversationRow
    sorts = {"last_message_at": "active_at"}
    search = ("subject",)

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return total_pages(page)

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Thread]:
        """The conversations that the person takes part in."""
        return Thread.objects.visible_to(actor)

    def post(self, actor: Actor) -> HttpResponse:
        """Start a conversation with a client's person or somebody of the team."""
        form = self.body(StartForm)
        people = [recipient(actor, form["recipient_type"], form["recipient_id"])]
        begun = services.start_conversation(actor, participant_ids=people, subject=form["subject"])
        services.send_message(actor, begun.id, body=form["content"])
        body = {"message": "Conversation created", "conversation_id": people[0], "success": True}
        return answer(body, status=201)


def recipient(actor: Actor, kind: str, text: str) -> UUID:
    """Return the person that a form means: of a client, by an id, or of the team by a word."""
    if kind == "team" and text in TEAM:
        return team_person(actor, TEAM[text])
    chosen = id_of(text, "recipient_id", "recipient")
    people = Contact.objects.visible_to(actor).filter(
        client_id=chosen, user__isnull=False, deleted_at__isnull=True
    )
    contact = people.order_by("-is_primary", "created_at").first()
    return contact.user_id if contact is not None and contact.user_id else chosen


def team_person(actor: Actor, roles: tuple[str, ...]) -> UUID:
    """Return the first other person of the team with the first of `roles` that anybody has."""
    team = User.objects.visible_to(actor).exclude(id=actor.user_id).filter(is_active=True)
    for role in roles:
        found = team.filter(
            memberships__role=role, memberships__organization_id=actor.organization_id
        )
        person = found.order_by("created_at").values_list("id", flat=True).first()
        if person is not None:
            return UUID(str(person))
    raise Said(400, "Nobody of the team can be written to")


class MessageList(ConversationArea, NumberedList):
    """The messages of one conversation: the newest page, oldest first."""

    key = "messages"
    row = MessageRow
    form = MessagePage
    sorts = {"created_at": "number"}
    turned = True
    reads_at_once = True

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return total_pages(page)

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Message]:
        """What was said, without what was deleted."""
        rows = Message.objects.visible_to(actor)
        return rows.filter(conversation_id=parents["conversation_id"], deleted_at__isnull=True)

    def get(self, actor: Actor, **parents: Any) -> HttpResponse:
        """Show the conversation that an id of the list names.

        Most ids are those of conversations, and what is found under one is the answer. Only an
        empty page needs a look at what the id may mean otherwise.
        """
        named = id_of(parents["pk"], label="conversation")
        given = self.query(self.form)
        page = self.page_of(actor, given, {"conversation_id": named})
        if not page.total:
            self.require_transaction()
            thread = self.thread(actor, named)
            page = self.page_of(actor, given, {"conversation_id": thread.conversation_id})
        return self.listed(given, page)


class MessagesWithPerson(MessageList):
    """The same by the other person's id, as outside callers ask; reading marks as read."""

    thing = "User"

    def get(self, actor: Actor, **parents: Any) -> HttpResponse:
        """Show what was said with one person."""
        other_id = id_of(parents["user_id"], "userId", "user")
        thread = newest_pair(actor, other_id)
        if thread is None:
            self.one(User.objects.visible_to(actor), id=other_id)
            nothing = NumberedPage.empty(self.query(self.form))
            return self.listed({}, nothing)
        response = NumberedList.get(self, actor, conversation_id=thread.conversation_id)
        read_all(actor, thread)
        return response


def read_all(actor: Actor, thread: Thread) -> None:
    """Mark a thread as read up to its newest message."""
    rows = Message.objects.visible_to(actor).filter(conversation_id=thread.conversation_id)
    newest = rows.order_by("-number").values_list("id", flat=True).first()
    if newest is not None:
        services.mark_read(actor, thread.conversation_id, up_to=newest)


class ConversationRead(ConversationArea):
    def post(self, actor: Actor, pk: str) -> HttpResponse:
        """Mark a conversation as read."""
        read_all(actor, self.thread(actor, id_of(pk, label="conversation")))
        return answer({"message": "Conversation marked as read", "success": True})


class Messages(ConversationArea):
    def post(self, actor: Actor) -> HttpResponse:
        """Answer in a conversation of the list."""
        form = self.body(ReplyForm)
        thread = self.thread(actor, form["conversation_id"])
        message = services.send_message(actor, thread.conversation_id, body=form["content"])
        return self.sent(actor, message)

    def sent(self, actor: Actor, message: Message) -> HttpResponse:
        """Return the new message."""
        rows = Message.objects.visible_to(actor).filter(id=message.id)
        return answer({"message": self.shown(rows, MessageRow), "success": True}, status=201)


class MessageSend(Messages):
    thing = "User"

    def post(self, actor: Actor) -> HttpResponse:
        """Send a message to a person; the first one begins the conversation."""
        form = self.body(SendForm)
        thread = newest_pair(actor, form["recipient_id"])
        if thread is not None:
            conversation_id = thread.conversation_id
        else:
            self.one(User.objects.visible_to(actor), id=form["recipient_id"])
            conversation_id = services.start_conversation(
                actor, participant_ids=[form["recipient_id"]], subject=form["subject"],
                project_id=form.get("project_id"),
            ).id  # fmt: skip
        return self.sent(actor, services.send_message(actor, conversation_id, body=form["content"]))


class UnreadMessages(NodeView):
    def get(self, actor: Actor) -> HttpResponse:
        """Count what the person has not read."""
        counts = services.unread_messages(actor.organization_id, [actor.user_id])
        return answer({"unread_count": counts[actor.user_id], "success": True})


class MessageSearch(NumberedList):
    key = "messages"
    row = MessageRow
    form = SearchPage
    search = ("body",)
    keeps_empty = True
    reads_at_once = True

    def pagination(self, page: NumberedPage) -> dict[str, Any]:
        """Return the old shape."""
        return total_pages(page)

    def visible(self, actor: Actor, **parents: UUID) -> QuerySet[Message]:
        """What was said in the person's conversations."""
        return Message.objects.visible_to(actor).filter(deleted_at__isnull=True)

    def get(self, actor: Actor, **parents: UUID) -> HttpResponse:
        """Search the person's messages."""
        given = self.query(self.form)
        term = given.get("q")
        if term is None:
            raise Said(400, "Search term is required")
        page = self.page_of(actor, given | {"search": term}, {})
        body = {"messages": page.array, "search_term": term, "pagination": total_pages(page)}
        return answer(body)


class MessageRead(NodeView):
    thing = "Message"

    def put(self, actor: Actor, pk: str) -> HttpResponse:
        """Mark a received message as read, with those before it."""
        message_id = id_of(pk, label="message")
        rows = Message.objects.visible_to(actor).exclude(sender_id=actor.user_id)
        message = rows.filter(id=message_id).first()
        sides = Participant.objects.visible_to(actor).filter(user_id=actor.user_id)
        if (
            message is None
            or not sides.filter(
                conversation_id=message.conversation_id, read_number__lt=message.number
            ).exists()
        ):
            raise Said(404, "Message not found or already read")
        services.mark_read(actor, message.conversation_id, up_to=message.id)
        return answer({"message": "Message marked as read", "success": True})


class MessageDetail(NodeView):
    thing = "Message"

    def delete(self, actor: Actor, pk: str) -> HttpResponse:
        """Delete a message of one's own, within 15 minutes."""
        rows = Message.objects.visible_to(actor).filter(deleted_at__isnull=True)
        row = rows.select_for_update(of=("self",)).filter(id=id_of(pk, label="message")).first()
        if row is None:
            raise Said(404, "Message not found or access denied")
        services.delete_message(actor, row)
        return answer({"message": "Message deleted successfully", "success": True})
