"""The nouns of the server: users, chats, messages, and what became of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from bot.demo.refusal import Refusal, bad_request, forbidden

BOT_ID = 7_000_000_001
BOT_USERNAME = "sahman_demo_bot"

Wire = dict[str, Any]


class ChatState(Enum):
    """What stands between the bot and a chat."""

    ACTIVE = "active"
    NOT_STARTED = "not_started"
    BLOCKED = "blocked"
    KICKED = "kicked"
    LEFT = "left"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"
    MIGRATED = "migrated"
    NOT_FOUND = "not_found"


@dataclass(slots=True)
class User:
    """A person, or the bot itself."""

    user_id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    about: str = ""

    def wire(self) -> Wire:
        """Return the Bot API's ``User``."""
        wire: Wire = {
            "id": self.user_id,
            "is_bot": self.is_bot,
            "first_name": self.first_name,
        }
        for name in ("last_name", "username", "language_code"):
            if (value := getattr(self, name)) is not None:
                wire[name] = value
        return wire


@dataclass(slots=True)
class Media:
    """A photo or a document of a message."""

    kind: str
    file_id: str
    file_name: str
    content_type: str
    content: bytes
    width: int = 0
    height: int = 0

    def wire(self) -> Any:
        """Return the Bot API's ``Document``, or the array of ``PhotoSize``."""
        base = {
            "file_id": self.file_id,
            "file_unique_id": self.file_id[-12:],
            "file_size": len(self.content),
        }
        if self.kind == "photo":
            return [{**base, "width": self.width, "height": self.height}]
        return {**base, "file_name": self.file_name, "mime_type": self.content_type}


@dataclass(slots=True)
class Message:
    """One message as people see it. ``text`` is plain, ``html`` what the bot sent."""

    message_id: int
    chat_id: int
    sender: User
    date: datetime
    text: str
    html: str
    entities: list[Wire]
    reply_markup: Wire | None = None
    thread_id: int | None = None
    reply_to: int | None = None
    edited: datetime | None = None
    history: list[str] = field(default_factory=list)
    media: Media | None = None
    silent: bool = False
    protected: bool = False
    link_preview: Wire | None = None
    reactions: list[Wire] = field(default_factory=list)
    service: Wire = field(default_factory=dict)

    @property
    def from_bot(self) -> bool:
        """Whether the bot wrote it."""
        return self.sender.is_bot

    @property
    def buttons(self) -> list[Wire]:
        """The buttons under the message, row by row in one list."""
        rows = (self.reply_markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


@dataclass(slots=True)
class Chat:
    """A private chat (its id is the user's), a group or a supergroup."""

    chat_id: int
    kind: str
    title: str
    username: str | None = None
    forum: bool = False
    state: ChatState = ChatState.ACTIVE
    migrated_to: int | None = None
    members: dict[int, User] = field(default_factory=dict)
    admins: set[int] = field(default_factory=set)
    owner: int | None = None
    bot_is_admin: bool = False
    topics: dict[int, str] = field(default_factory=dict)
    closed_topics: set[int] = field(default_factory=set)
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    #: When a person last wrote or tapped here, by time.monotonic().
    wrote_s: float = -math.inf

    @property
    def is_private(self) -> bool:
        """Whether this is one person's chat with the bot."""
        return self.kind == "private"

    def wire(self) -> Wire:
        """Return the Bot API's ``Chat``."""
        wire: Wire = {"id": self.chat_id, "type": self.kind}
        if self.is_private:
            user = self.members[self.chat_id]
            wire["first_name"] = user.first_name
            if user.last_name:
                wire["last_name"] = user.last_name
            if user.username:
                wire["username"] = user.username
        else:
            wire["title"] = self.title
            if self.username:
                wire["username"] = self.username
            if self.forum:
                wire["is_forum"] = True
        return wire

    def check_known(self) -> None:
        """Raise what Telegram says of a chat that the bot may not even look at."""
        if self.state in {ChatState.NOT_FOUND, ChatState.NOT_STARTED}:
            raise bad_request("chat not found")
        if self.state in {ChatState.KICKED, ChatState.LEFT}:
            raise self._gone()

    def check_writable(self, thread_id: int | None) -> None:
        """Raise what Telegram says when the bot writes into *thread_id* of this chat."""
        if self.state is not ChatState.ACTIVE:
            raise self._gone()
        if thread_id is None:
            return
        if thread_id not in self.topics:
            raise bad_request("message thread not found")
        if thread_id in self.closed_topics and not self.bot_is_admin:
            raise bad_request("TOPIC_CLOSED")

    def _gone(self) -> Refusal:
        match self.state:
            case ChatState.BLOCKED:
                return forbidden("bot was blocked by the user")
            case ChatState.DEACTIVATED:
                return forbidden("user is deactivated")
            case ChatState.KICKED:
                return forbidden(f"bot was kicked from the {self.kind} chat")
            case ChatState.LEFT:
                return forbidden(f"bot is not a member of the {self.kind} chat")
            case ChatState.DELETED:
                return forbidden("the group chat was deleted")
            case ChatState.MIGRATED:
                return Refusal(
                    400,
                    "Bad Request: group chat was upgraded to a supergroup chat",
                    {"migrate_to_chat_id": self.migrated_to},
                )
            case _:
                return bad_request("chat not found")

    def member_wire(self, user: User) -> Wire:
        """Return the Bot API's ``ChatMember`` of *user* in this chat."""
        status = "left"
        if user.is_bot:
            away = {ChatState.KICKED: "kicked", ChatState.LEFT: "left"}
            status = away.get(self.state, "administrator" if self.bot_is_admin else "member")
        elif user.user_id == self.owner:
            status = "creator"
        elif user.user_id in self.admins:
            status = "administrator"
        elif user.user_id in self.members:
            status = "member"
        wire = member_wire(user, status)
        if self.kind == "channel" and status == "administrator":
            wire |= {"can_post_messages": True, "can_edit_messages": True}
        return wire


def member_wire(user: User, status: str) -> Wire:
    """Return a ``ChatMember`` with all the fields its *status* requires."""
    wire: Wire = {"user": user.wire(), "status": status}
    if status == "creator":
        wire["is_anonymous"] = False
    elif status == "kicked":
        wire["until_date"] = 0
    elif status == "administrator":
        wire["can_be_edited"] = False
        wire["is_anonymous"] = False
        for right in _ADMIN_RIGHTS:
            wire[right] = right in {"can_manage_chat", "can_delete_messages", "can_pin_messages"}
    return wire


_ADMIN_RIGHTS = [
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
]


def message_wire(message: Message, chat: Chat, *, with_reply: bool = True) -> Wire:
    """Return the Bot API's ``Message``."""
    wire: Wire = {
        "message_id": message.message_id,
        "from": message.sender.wire(),
        "chat": chat.wire(),
        "date": int(message.date.timestamp()),
    }
    if message.thread_id is not None:
        wire["message_thread_id"] = message.thread_id
        wire["is_topic_message"] = True
    if message.edited is not None:
        wire["edit_date"] = int(message.edited.timestamp())
    replied = chat.messages.get(message.reply_to or 0)
    if with_reply and replied is not None:
        wire["reply_to_message"] = message_wire(replied, chat, with_reply=False)
    if message.media is not None:
        wire[message.media.kind] = message.media.wire()
    if message.text:
        wire["caption" if message.media else "text"] = message.text
        if message.entities:
            wire["caption_entities" if message.media else "entities"] = message.entities
    if message.reply_markup is not None:
        wire["reply_markup"] = message.reply_markup
    if message.protected:
        wire["has_protected_content"] = True
    if message.link_preview is not None:
        wire["link_preview_options"] = message.link_preview
    return wire | message.service
