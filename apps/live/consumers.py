"""`/ws`: one object per socket. It joins groups and passes hints on; it holds no data (C15).

Groups decide what reaches a socket, by the same rule as `visible_to`; topics only choose among
that. Until its first subscription a socket follows `me`. What must be asked of the database is
asked in a thread.
"""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from redis.exceptions import RedisError

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.logs import log
from apps.core.sync import in_thread
from apps.live import groups, lookups
from apps.live.frames import MAX_FRAME_BYTES, Close, Refusal, read_frame
from apps.live.hints import ME, Hint, change
from apps.live.sockets import Meter, Outbox

SIGN_IN_SECONDS = 5.0
HEARTBEAT_SECONDS = 25
REJOIN_BEATS = 100  # groups forget their members after a day
FRAMES_A_SECOND = 50
MAX_TOPICS = 100
TYPING_SECONDS = 3.0
STATUSES = ("online", "away")
AWAY = Refusal("SERVICE_UNAVAILABLE", "The portal is busy. Try again in a moment.")


class LiveSocket(AsyncWebsocketConsumer):
    """A socket from its first frame to its close."""

    async def dispatch(self, message: Any) -> None:
        """Handle one message of the peer or of a group, in order.

        Channels would visit a thread here to close old connections; this consumer has none.
        """
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept, so that a close code reaches the peer, and wait for its first frame."""
        self.actor: Actor | None = None
        self.topics: dict[str, str] = {}
        self.follows_all = True
        self.joined: set[str] = set()
        self.replayed_to = 0
        self.last_typing: dict[tuple[str, bool], float] = {}
        self.meter = Meter(FRAMES_A_SECOND)
        await self.accept()
        self.outbox = Outbox(self._write, self.close, self._stop)
        self.watch = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        """Leave all groups."""
        self.watch.cancel()
        self.outbox.discard()
        with suppress(RedisError, OSError):
            await self._leave(self.joined)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame; a bad one gets an error frame and harms nobody (R115)."""
        if self.outbox.ended:
            return
        if len(bytes_data or (text_data or "").encode()) > MAX_FRAME_BYTES:
            self.outbox.end(Close.FRAME_TOO_LARGE)
            return
        if self.meter.is_exceeded():
            self.outbox.end(Close.TOO_MANY_FRAMES)
            return
        try:
            frame = read_frame(text_data or "")
            await self._serve(frame)
        except Refusal as refusal:
            self.outbox.show(refusal.frame())
        except DomainError as error:
            self.outbox.show(Refusal(error.code, error.message).frame())
        except (DatabaseError, RedisError, OSError) as error:
            log.warning("socket frame failed", extra={"fault": repr(error)[:200]})
            self.outbox.show(AWAY.frame())
            if self.actor is None:
                self.outbox.end(Close.TRY_LATER)

    # -- frames of the peer --------------------------------------------------------------

    async def _serve(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "auth":
            await self._sign_in(frame["token"])
        elif self.actor is None:
            raise Refusal("AUTHENTICATION_REQUIRED", "The first frame signs in.", frame.get("id"))
        else:
            await getattr(self, f"_on_{frame['type']}")(self.actor, frame)

    async def _sign_in(self, token: str) -> None:
        if self.actor is not None:
            raise Refusal("INVALID_TRANSITION", "This socket is signed in already.")
        try:
            actor = await in_thread(lookups.sign_in, token)
        except DomainError:
            self.outbox.end(Close.NO_SIGN_IN)
            return
        if actor is None:
            self.outbox.end(Close.SESSION_ENDED)
            return
        # In this order: what happens after the second look reaches the groups.
        await self._become(actor)
        sequence = await in_thread(lookups.head_of, actor)
        if sequence is None:
            self.outbox.end(Close.SESSION_ENDED)
            return
        self.actor = actor
        self.outbox.show({
            "type": "ready", "session_id": str(actor.session_id), "sequence": str(sequence),
            "heartbeat_seconds": HEARTBEAT_SECONDS,
        })  # fmt: skip

    async def _on_subscribe(self, actor: Actor, frame: dict[str, Any]) -> None:
        name, topic = frame["id"], frame["topic"]
        if len(self.topics) >= MAX_TOPICS and name not in self.topics:
            raise Refusal("BUSINESS_RULE", f"A socket follows at most {MAX_TOPICS} topics.", name)
        try:
            allowed = await in_thread(lookups.may_follow, actor, topic)
        except lookups.UnknownTopic as error:
            raise Refusal("VALIDATION_ERROR", "There is no such kind of topic.", name) from error
        if not allowed:
            self.outbox.end(Close.TOPIC_NOT_ALLOWED)
            return
        if name in self.topics:
            await self._forget(name)
        self.topics[name], self.follows_all = topic, False
        if (group := _typing_group(topic)) is not None:
            await self._join({group})
        self.outbox.show({"type": "subscribed", "id": name})

    async def _on_unsubscribe(self, _actor: Actor, frame: dict[str, Any]) -> None:
        if frame["id"] not in self.topics:
            raise Refusal("NOT_FOUND", "There is no such subscription.", frame["id"])
        await self._forget(frame["id"])

    async def _on_resume(self, actor: Actor, frame: dict[str, Any]) -> None:
        text = frame["after"]
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal("VALIDATION_ERROR", "`after` is a number of the log, as text.")
        missed = await in_thread(lookups.missed_after, actor, int(text))
        for hint in missed.hints:
            for topic in self._topics_of(hint):
                await self.outbox.show_patiently(change(hint, topic))
        if missed.gap is not None:
            first, last = missed.gap
            self.outbox.show({"type": "gap", "from": str(first), "to": str(last)})
        self.replayed_to = missed.through

    async def _on_typing(self, actor: Actor, frame: dict[str, Any]) -> None:
        topic, active = f"conversations/{frame['conversation_id']}", frame["active"]
        now = asyncio.get_running_loop().time()
        if now - self.last_typing.get((topic, active), -TYPING_SECONDS) < TYPING_SECONDS:
            return  # R110
        if topic not in self.topics.values() and not await self._may_follow(actor, topic):
            raise Refusal("NOT_FOUND", "There is no such conversation.")
        self.last_typing = {(topic, active): now}
        typing = {
            "type": "typing", "conversation_id": frame["conversation_id"],
            "user_id": str(actor.user_id), "name": actor.name, "active": active,
        }  # fmt: skip
        group = groups.of_conversation(UUID(frame["conversation_id"]))
        await self.channel_layer.group_send(group, {"type": "live.typing", "frame": typing})

    async def _on_presence(self, actor: Actor, frame: dict[str, Any]) -> None:
        """Pass the status on; it is not kept: a page that stays repeats it (P77: 60 s)."""
        if frame["status"] not in STATUSES:
            raise Refusal("VALIDATION_ERROR", f"`status` is one of {', '.join(STATUSES)}.")
        presence = {
            "type": "presence", "user_id": str(actor.user_id), "status": frame["status"]
        }  # fmt: skip
        for group in groups.neighbours_of(actor):
            await self.channel_layer.group_send(group, {"type": "live.frame", "frame": presence})

    async def _on_ping(self, actor: Actor, _frame: dict[str, Any]) -> None:
        if await self._is_alive(actor):
            self.outbox.show({"type": "pong"})

    # -- messages of groups --------------------------------------------------------------

    async def live_changes(self, message: dict[str, Any]) -> None:
        """Show the hints of a batch of events, unless `resume` has shown them."""
        for hint in message["hints"]:
            if int(hint["sequence"]) > self.replayed_to:
                for topic in self._topics_of(hint):
                    self.outbox.show(change(hint, topic))

    async def live_frame(self, message: dict[str, Any]) -> None:
        """Show a frame as it is: a badge, somebody's presence."""
        self.outbox.show(message["frame"])

    async def live_typing(self, message: dict[str, Any]) -> None:
        """Show that somebody else types."""
        if self.actor is not None and message["frame"]["user_id"] != str(self.actor.user_id):
            self.outbox.show(message["frame"])

    async def live_ended(self, _message: dict[str, Any]) -> None:
        """Close: the session was ended."""
        self.outbox.end(Close.SESSION_ENDED)

    async def live_stop(self, _message: dict[str, Any]) -> None:
        """Let go of a peer that takes no frame at all."""
        await self.disconnect(Close.TOO_SLOW)
        raise StopConsumer

    # -- the socket itself ---------------------------------------------------------------

    def _topics_of(self, hint: Hint) -> list[str]:
        followed = [ME] if self.follows_all else dict.fromkeys(self.topics.values())
        return [topic for topic in followed if topic in hint["topics"]]

    async def _may_follow(self, actor: Actor, topic: str) -> bool:
        try:
            return await in_thread(lookups.may_follow, actor, topic)
        except lookups.UnknownTopic:
            return False

    async def _forget(self, name: str) -> None:
        topic = self.topics.pop(name)
        group = _typing_group(topic)
        if group is not None and topic not in self.topics.values():
            await self._leave({group})

    async def _is_alive(self, actor: Actor) -> bool:
        """Look the session up again; a changed person changes groups, an ended one is closed."""
        now = await in_thread(lookups.again, actor)
        if now is None:
            self.outbox.end(Close.SESSION_ENDED)
            return False
        if now != actor:
            await self._become(now)
            self.actor = now
        return True

    async def _watch(self) -> None:
        """End a socket that does not sign in; look at each session every 25 seconds."""
        await asyncio.sleep(SIGN_IN_SECONDS)
        if self.actor is None:
            self.outbox.end(Close.NO_SIGN_IN)
        beats = 0
        while self.actor is not None and not self.outbox.ended:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            beats += 1
            with suppress(DatabaseError, RedisError, OSError):  # looked at again at the next beat
                if await self._is_alive(self.actor) and beats % REJOIN_BEATS == 0:
                    await self._join(self.joined)

    async def _become(self, actor: Actor) -> None:
        wanted = groups.joined_by(actor)
        typing = {group for topic in self.topics.values() if (group := _typing_group(topic))}
        await self._leave(self.joined - wanted - typing)
        await self._join(wanted - self.joined)

    async def _join(self, names: set[str] | frozenset[str]) -> None:
        for name in sorted(names):
            await self.channel_layer.group_add(name, self.channel_name)
        self.joined |= names

    async def _leave(self, names: set[str]) -> None:
        for name in sorted(names):
            await self.channel_layer.group_discard(name, self.channel_name)
        self.joined = self.joined - names

    async def _write(self, text: str) -> None:
        await self.send(text_data=text)

    async def _stop(self) -> None:
        await self.channel_layer.send(self.channel_name, {"type": "live.stop"})


def _typing_group(topic: str) -> str | None:
    kind, _, text = topic.partition("/")
    return groups.of_conversation(UUID(text)) if kind == "conversations" else None
