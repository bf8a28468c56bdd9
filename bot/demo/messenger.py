"""The messenger itself: it knows the chats, keeps the messages, tells the bot and watchers."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.demo.changes import Changes
from bot.demo.chats import (
    BOT_ID,
    BOT_USERNAME,
    Chat,
    ChatState,
    Media,
    Message,
    User,
    Wire,
    member_wire,
    message_wire,
)
from bot.demo.profile import Profile
from bot.demo.refusal import bad_request
from bot.demo.updates import Updates

TAP_LIFETIME_S = 60.0


@dataclass(slots=True)
class Answer:
    """What the bot said to a tap: nothing, a toast, or an alert."""

    text: str = ""
    alert: bool = False
    url: str = ""


@dataclass(slots=True)
class Tap:
    """One press of an inline button, and the bot's answer once there is one."""

    query_id: str
    chat_id: int
    message_id: int
    data: str
    at: float = field(default_factory=time.monotonic)
    answer: Answer | None = None
    expired: bool = False
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, answer: Answer) -> None:
        """Keep the bot's answer."""
        self.answer = answer
        self._answered.set()

    async def wait(self, timeout: float = 5.0) -> Answer:
        """Wait for the bot's answer; raises TimeoutError when it does not come."""
        await asyncio.wait_for(self._answered.wait(), timeout)
        if self.answer is None:
            raise TimeoutError(f"no answer to {self.data!r}")
        return self.answer


class Messenger:
    """All state of the server, changed only through its methods."""

    def __init__(self) -> None:
        #: How many messages a chat keeps; None: all. Benches send more than memory should hold.
        self.keep_messages: int | None = None
        self.bot = User(BOT_ID, "Sahman", username=BOT_USERNAME, is_bot=True)
        self.reset()

    def reset(self) -> None:
        """Forget everybody and everything."""
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.taps: dict[str, Tap] = {}
        self.files: dict[str, Media] = {}
        self.updates = Updates()
        self.changes = Changes()
        self.profile = Profile(self.bot.first_name)
        self._message_ids = itertools.count(1)
        self._supergroup_ids: dict[int, itertools.count[int]] = {}

    # Chats

    def chat(self, chat_id: Any) -> Chat:
        """Return the chat that a bot means by *chat_id*, or raise "chat not found"."""
        text = str(chat_id)
        if text.startswith("@"):
            for chat in self.chats.values():
                if chat.username and chat.username.lower() == text[1:].lower():
                    return chat
        elif text.lstrip("-").isdigit() and (found := self.chats.get(int(text))) is not None:
            return found
        raise bad_request("chat not found")

    def writable(self, parameters: Wire) -> Chat:
        """Return the chat that the bot wants to write to, or raise why it may not."""
        chat = self.chat(parameters["chat_id"])
        # 0 is how a client says "no topic".
        chat.check_writable(parameters.get("message_thread_id") or None)
        return chat

    def tell_membership(self, chat: Chat, by: User, old: str, new: str) -> None:
        """Queue the my_chat_member update that a change of the bot's own standing causes."""
        self.updates.add(
            "my_chat_member",
            {
                "chat": chat.wire(),
                "from": by.wire(),
                "date": int(now().timestamp()),
                "old_chat_member": member_wire(self.bot, old),
                "new_chat_member": member_wire(self.bot, new),
            },
        )
        self.changes.add("chat", chat.chat_id, state=chat.state.value)

    # Messages

    def post(self, chat: Chat, sender: User, text: str, html: str, **fields: Any) -> Message:
        """Put a message into *chat* and return it."""
        if chat.kind == "supergroup":
            ids = self._supergroup_ids.setdefault(chat.chat_id, itertools.count(1))
        else:
            ids = self._message_ids
        entities = fields.pop("entities", [])
        message = Message(next(ids), chat.chat_id, sender, now(), text, html, entities, **fields)
        chat.messages[message.message_id] = message
        if self.keep_messages is not None and len(chat.messages) > self.keep_messages:
            del chat.messages[next(iter(chat.messages))]
        if message.media is not None:
            self.files[message.media.file_id] = message.media
        self.changes.add("message", chat.chat_id, message_id=message.message_id)
        return message

    def edited(self, message: Message) -> None:
        """Let watchers know that *message* changed."""
        self.changes.add("edited", message.chat_id, message_id=message.message_id)

    def delete(self, chat: Chat, message: Message) -> None:
        """Take *message* out of *chat*."""
        del chat.messages[message.message_id]
        if message.message_id in chat.pinned:
            chat.pinned.remove(message.message_id)
        self.changes.add("deleted", chat.chat_id, message_id=message.message_id)

    def wire(self, message: Message) -> Wire:
        """Return the Bot API's form of *message*."""
        return message_wire(message, self.chats[message.chat_id])

    # Taps

    def open_tap(self, chat: Chat, message: Message, user: User, data: str) -> Tap:
        """Tell the bot that *user* pressed the button bearing *data*."""
        chat.wrote_s = time.monotonic()
        tap = Tap(str(secrets.randbits(62)), chat.chat_id, message.message_id, data)
        self.taps[tap.query_id] = tap
        self.updates.add(
            "callback_query",
            {
                "id": tap.query_id,
                "from": user.wire(),
                "message": self.wire(message),
                "chat_instance": str(chat.chat_id * 7919),
                "data": data,
            },
        )
        return tap

    def tap(self, query_id: str) -> Tap:
        """Return the tap that a bot answers, or raise that it is too late."""
        found = self.taps.get(query_id)
        if found is None or found.expired or time.monotonic() - found.at > TAP_LIFETIME_S:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        return found

    def reopen(self) -> None:
        """Take up again after `close`; nothing was forgotten."""
        self.changes.reopen()
        self.updates.reopen()

    async def close(self) -> None:
        """Let everybody who waits go."""
        self.changes.close()
        await self.updates.close()


def now() -> datetime:
    """Return the instant, which Telegram keeps in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


__all__ = ["Answer", "ChatState", "Messenger", "Tap", "now"]
