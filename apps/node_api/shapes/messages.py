"""Conversations and messages as the old pages know them: pairs of people.

The id of a conversation is the id of the other person, as outside callers use it, where it is
the newest one between just these two; an older one and a group keep their own id. So ids are
unique, each thread can be opened, and an answer goes where its reader looked.
"""

from django.db.models import JSONField
from rest_framework import serializers

from apps.core.fields import ComputedField
from apps.messaging.models import Message, Thread
from apps.node_api.forms import OldForm, PageForm, said
from apps.node_api.shapes.columns import constant, filled, flag_of, looked_up, moment, text_of

SIDE = ("organization_id", "conversation_id", "user_id")
PAIR = """(SELECT count(*) FROM messaging_participant n
   WHERE (n.organization_id, n.conversation_id) = ({ids})) = 2"""
# The other one of a pair, where no newer pair of the same two exists; else the thread itself.
THREAD_ID = f"""SELECT coalesce((SELECT o.user_id FROM messaging_participant o
   WHERE (o.organization_id, o.conversation_id) = (v.o, v.c) AND o.user_id <> v.me
     AND {PAIR.format(ids="v.o, v.c")} AND NOT EXISTS (
       SELECT 1 FROM messaging_participant m JOIN messaging_participant x
           ON (x.organization_id, x.conversation_id) = (m.organization_id, m.conversation_id)
        WHERE m.organization_id = v.o AND m.user_id = v.me AND m.conversation_id > v.c
          AND x.user_id = o.user_id AND {PAIR.format(ids="m.organization_id, m.conversation_id")})
  ), v.c) FROM (VALUES (%(expressions)s)) AS v(o, c, me)"""  # noqa: S608  our own constants
OTHERS = """SELECT {column} FROM messaging_participant p
   JOIN accounts_user u ON u.id = p.user_id
   JOIN accounts_membership s ON s.user_id = p.user_id AND s.organization_id = p.organization_id,
  (VALUES (%(expressions)s)) AS v(o, c, me)
 WHERE (p.organization_id, p.conversation_id) = (v.o, v.c) AND p.user_id <> v.me"""
NAME = "coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email)"
NAMES = OTHERS.format(column=f"coalesce(string_agg({NAME}, ', ' ORDER BY p.id), '')")
ROLE = "CASE WHEN bool_or(s.role = 'client') THEN 'client' ELSE 'team' END"
FIRST = "(array_agg({value} ORDER BY p.id))[1]"
COMPANY = """SELECT coalesce(k.company, o.name) FROM messaging_participant p
   JOIN accounts_membership s ON s.user_id = p.user_id AND s.organization_id = p.organization_id
   JOIN organizations_organization o ON o.id = p.organization_id
   LEFT JOIN clients_client k ON k.organization_id = p.organization_id AND k.id = s.client_ids[1],
  (VALUES (%(expressions)s)) AS v(o, c, me)
 WHERE (p.organization_id, p.conversation_id) = (v.o, v.c) AND p.user_id <> v.me
 ORDER BY p.id LIMIT 1"""
LAST = """SELECT {column} FROM messaging_message m
 WHERE (m.organization_id, m.conversation_id) = (%(expressions)s) AND m.deleted_at IS NULL
 ORDER BY m.number DESC LIMIT 1"""
CONVERSATION = ("organization_id", "conversation_id")
PREVIEW = "SELECT left(coalesce(({}), ''), 100)".format(LAST.format(column="m.body"))
LAST_BODY = f"SELECT coalesce(({LAST.format(column='m.body')}), '')"
ROLE_OF = """SELECT CASE WHEN s.role = 'client' THEN 'client' ELSE 'admin' END
  FROM accounts_membership s WHERE (s.organization_id, s.user_id) = (%(expressions)s)"""
READ = """SELECT {column} FROM messaging_participant p,
  (VALUES (%(expressions)s)) AS v(o, c, sender, n)
 WHERE (p.organization_id, p.conversation_id) = (v.o, v.c) AND p.user_id <> v.sender
   AND p.read_number >= v.n"""
READ_AT = READ.format(
    column="""to_char(min(p.read_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
)
RECIPIENT = """SELECT (array_agg(p.user_id))[1] FROM messaging_participant p,
  (VALUES (%(expressions)s)) AS v(o, c, sender)
 WHERE (p.organization_id, p.conversation_id) = (v.o, v.c) AND p.user_id <> v.sender
HAVING count(*) = 1"""
ATTACHMENTS = """SELECT coalesce(json_agg(json_build_object('file_id', f.id, 'filename', f.name,
   'mime_type', w.content_type) ORDER BY f.id), '[]'::json)
  FROM files_file f JOIN files_fileversion w ON w.id = f.current_id,
  (VALUES (%(expressions)s)) AS v(o, ids)
 WHERE f.organization_id = v.o AND f.id = ANY(v.ids) AND f.deleted_at IS NULL"""
EDITED = "SELECT v.t IS NOT NULL FROM (VALUES (%(expressions)s)) AS v(t)"
MESSAGE = (*CONVERSATION, "sender_id", "number")


class ParticipantPart(serializers.Serializer[Thread]):
    name = text_of(NAMES, *SIDE)


class LastMessagePart(serializers.Serializer[Thread]):
    content = text_of(LAST_BODY, *CONVERSATION)


class ConversationRow(serializers.ModelSerializer[Thread]):
    """A conversation as the asking person sees it."""

    id = text_of(THREAD_ID, *SIDE)
    participant_name = text_of(NAMES, *SIDE)
    participant_type = text_of(OTHERS.format(column=ROLE), *SIDE)
    participant_email = text_of(OTHERS.format(column=FIRST.format(value="u.email")), *SIDE)
    participant = ParticipantPart(source="*")
    first_name = text_of(OTHERS.format(column=FIRST.format(value="u.first_name")), *SIDE)
    last_name = text_of(OTHERS.format(column=FIRST.format(value="u.last_name")), *SIDE)
    email = text_of(OTHERS.format(column=FIRST.format(value="u.email")), *SIDE)
    company_name = text_of(COMPANY, *SIDE)
    last_message = LastMessagePart(source="*")
    last_message_preview = text_of(PREVIEW, *CONVERSATION)
    last_message_at = moment("active_at")
    last_sender_id = text_of(LAST.format(column="m.sender_id"), *CONVERSATION)
    last_subject = filled("subject")
    message_type = constant("general")
    unread_count = serializers.IntegerField()

    class Meta:
        model = Thread
        fields = (
            "id", "participant_name", "participant_type", "participant_email", "participant",
            "first_name", "last_name", "email", "company_name", "last_message",
            "last_message_preview", "last_message_at", "last_sender_id", "last_subject",
            "message_type", "unread_count",
        )  # fmt: skip


class MessageRow(serializers.ModelSerializer[Message]):
    """A message; `sender_type` is `admin` for the people of the studio."""

    project_id = serializers.UUIDField(source="conversation.project_id")
    sender_id = serializers.UUIDField()
    project_name = serializers.CharField(source="conversation.project.name")
    recipient_id = text_of(RECIPIENT, *CONVERSATION, "sender_id")
    subject = filled("conversation__subject")
    content = serializers.CharField(source="body")
    sender_type = text_of(ROLE_OF, "organization_id", "sender_id")
    sender_first_name = serializers.CharField(source="sender.first_name")
    sender_last_name = serializers.CharField(source="sender.last_name")
    sender_email = serializers.CharField(source="sender.email")
    message_type = constant("general")
    priority = constant("normal")
    is_read = flag_of(READ.format(column="count(*) > 0"), *MESSAGE)
    read_at = text_of(READ_AT, *MESSAGE)
    is_edited = flag_of(EDITED, "edited_at")
    edited_at = moment("edited_at")
    attachments = ComputedField(
        looked_up(ATTACHMENTS, "organization_id", "attachments", shape=JSONField()),
        serializers.ListField(),
    )
    created_at = moment("created_at")
    updated_at = moment("updated_at")

    class Meta:
        model = Message
        fields = (
            "id", "project_id", "project_name", "sender_id", "recipient_id", "subject", "content",
            "sender_type", "sender_first_name", "sender_last_name", "sender_email",
            "message_type", "priority", "is_read", "read_at", "is_edited", "edited_at",
            "attachments", "created_at", "updated_at",
        )  # fmt: skip


class MessagePage(PageForm):
    """The query of one conversation: fifty messages, the newest ones, oldest first."""

    limit = serializers.IntegerField(
        min_value=1, max_value=100, default=50,
        error_messages=said("Limit must be between 1 and 100"),
    )  # fmt: skip


class SearchPage(PageForm):
    q = serializers.CharField(max_length=200, required=False)


CONTENT = said("Message content is required")


class ReplyForm(OldForm):
    """A message into a conversation of the list."""

    conversation_id = serializers.UUIDField(
        error_messages=said("Valid conversation ID is required")
    )
    content = serializers.CharField(
        max_length=20_000, trim_whitespace=False, error_messages=CONTENT
    )


class SendForm(OldForm):
    """A message to a person, as outside callers send it."""

    recipient_id = serializers.UUIDField(error_messages=said("Valid recipient ID is required"))
    subject = serializers.CharField(
        max_length=200, default="", error_messages=said("Subject is too long")
    )
    content = serializers.CharField(
        max_length=20_000, trim_whitespace=False, error_messages=CONTENT
    )
    project_id = serializers.UUIDField(required=False, error_messages=said("Invalid project ID"))


class StartForm(OldForm):
    """A new conversation of the admin page; `recipient_id` is a client or a word of the team."""

    recipient_type = serializers.ChoiceField(
        choices=("client", "team"), error_messages=said("Invalid recipient type")
    )
    recipient_id = serializers.CharField(
        max_length=60, error_messages=said("Recipient is required")
    )
    subject = serializers.CharField(
        max_length=200, default="", error_messages=said("Subject is too long")
    )
    content = serializers.CharField(
        max_length=20_000, trim_whitespace=False, error_messages=CONTENT
    )
