"""Who may use the routes of messaging: who takes part, and nobody else."""

from typing import Any

from apps.messaging.models import Conversation, Message
from tests.access import Table, World
from tests.messaging.factories import make_conversation, make_message


def _conversation(world: World) -> Conversation:
    """Staff and alice talk."""
    if "conversation" not in world.rows:
        made = make_conversation(world.person("staff"), world.person("alice"), subject="Logo")
        world.rows["conversation"] = made
    return world.rows["conversation"]  # type: ignore[no-any-return]


def _message(world: World) -> Message:
    if "message" not in world.rows:
        world.rows["message"] = make_message(_conversation(world), world.person("alice"))
    return world.rows["message"]  # type: ignore[no-any-return]


def _of_conversation(world: World) -> list[Any]:
    return [_conversation(world).id]


def _of_message(world: World) -> list[Any]:
    return [_message(world).conversation_id, _message(world).id]


TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "conversation-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "conversation-list"): (401, 201, 201, 201, 400, 400, 400),
        ("get", "conversation-detail"): (401, 404, 200, 404, 200, 404, 404),
        ("put", "conversation-detail"): (401, 404, 200, 404, 200, 404, 404),
        ("patch", "conversation-detail"): (401, 404, 200, 404, 200, 404, 404),
        ("post", "conversation-reads"): (401, 404, 200, 404, 200, 404, 404),
        ("get", "message-list"): (401, 404, 200, 404, 200, 404, 404),
        ("post", "message-list"): (401, 404, 201, 404, 201, 404, 404),
        ("get", "message-detail"): (401, 404, 200, 404, 200, 404, 404),
        ("put", "message-detail"): (401, 404, 403, 404, 200, 404, 404),
        ("patch", "message-detail"): (401, 404, 403, 404, 200, 404, 404),
        ("delete", "message-detail"): (401, 404, 403, 404, 200, 404, 404),
    },
    arguments={
        "conversation-detail": _of_conversation,
        "conversation-reads": _of_conversation,
        "message-list": _of_conversation,
        "message-detail": _of_message,
    },
    bodies={
        # Two contacts of two companies: the team may bring them together, contacts may not.
        ("post", "conversation-list"): lambda world: {
            "participant_ids": [world.person("alice").user_id, world.person("bob").user_id]
        },
        ("put", "conversation-detail"): lambda _world: {"subject": "Logo and card"},
        ("patch", "conversation-detail"): lambda _world: {"subject": "Logo and card"},
        ("post", "conversation-reads"): lambda world: {"up_to": _message(world).id},
        ("post", "message-list"): lambda _world: {"body": "Good morning"},
        ("put", "message-detail"): lambda _world: {"body": "Good evening"},
        ("patch", "message-detail"): lambda _world: {"body": "Good evening"},
    },
)
