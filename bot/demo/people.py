"""The people's side: what persons do in Telegram's app, as calls."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from bot.demo.chats import BOT_USERNAME, Chat, ChatState, Message, User, Wire
from bot.demo.messenger import Messenger, Tap
from bot.demo.refusal import PeopleError
from bot.demo.text import with_found_entities


class People:
    """Persons who write, tap, block and leave. Everything takes effect at once."""

    def __init__(self) -> None:
        self.messenger = Messenger()

    # Who there is

    def add_user(
        self,
        user_id: int,
        first_name: str,
        *,
        language_code: str | None = None,
        last_name: str | None = None,
        username: str | None = None,
        started: bool = False,
        about: str = "",
    ) -> User:
        """Add a person. As in Telegram the bot cannot write first: *started* says they spoke."""
        user = User(user_id, first_name, last_name, username, language_code, about=about)
        self.messenger.users[user_id] = user
        state = ChatState.ACTIVE if started else ChatState.NOT_STARTED
        chat = Chat(user_id, "private", first_name, username, state=state)
        chat.members[user_id] = user
        self.messenger.chats[user_id] = chat
        self.messenger.changes.add("chat", user_id, state=state.value)
        return user

    def add_group(
        self,
        chat_id: int,
        title: str,
        *,
        members: Iterable[int] = (),
        admins: Iterable[int] = (),
        owner: int | None = None,
        forum: bool = False,
        topics: dict[int, str] | None = None,
        bot_is_admin: bool = False,
        kind: str | None = None,
        new: bool = True,
    ) -> Chat:
        """Add a group that the bot has just been invited to, or is in already if not *new*.

        Ids of -100... are supergroups.
        """
        if kind is None:
            kind = "supergroup" if forum or str(chat_id).startswith("-100") else "group"
        admin_ids = set(admins) | ({owner} if owner is not None else set())
        chat = Chat(chat_id, kind, title, forum=forum, owner=owner, bot_is_admin=bot_is_admin)
        chat.admins, chat.topics = admin_ids, dict(topics or {})
        for user_id in {*members, *admin_ids}:
            chat.members[user_id] = self._user(user_id)
        self.messenger.chats[chat_id] = chat
        by = next(iter(chat.members.values()), self.messenger.bot)
        if new:
            status = "administrator" if bot_is_admin else "member"
            self.messenger.tell_membership(chat, by, "left", status)
        return chat

    def set_admin(self, chat_id: int, user_id: int, *, admin: bool = True) -> None:
        """Make a member of a group its admin, or no longer."""
        chat = self._chat(chat_id)
        (chat.admins.add if admin else chat.admins.discard)(user_id)

    # What people do

    def send_text(
        self,
        chat_id: int,
        text: str,
        *,
        user_id: int | None = None,
        thread_id: int | None = None,
        reply_to: int | None = None,
    ) -> Message:
        """Write *text* into a chat; in groups by *user_id*, in a forum into *thread_id*."""
        chat = self._chat(chat_id)
        user = self._writer(chat, user_id)
        if chat.state is ChatState.NOT_STARTED:
            chat.state = ChatState.ACTIVE
            self.messenger.changes.add("chat", chat_id, state=chat.state.value)
        if chat.state is not ChatState.ACTIVE:
            raise PeopleError(f"{user.first_name} cannot write: the chat is {chat.state.value}")
        if thread_id is not None:
            if not chat.forum:
                raise PeopleError(f"{chat.title} has no topics")
            # A person opens a topic by writing its first message.
            chat.topics.setdefault(thread_id, f"Topic {thread_id}")
        text = text.strip()
        if not 1 <= len(text) <= 4096:
            raise PeopleError("a message has 1 to 4096 characters")
        message = self.messenger.post(
            chat,
            user,
            text,
            text,
            entities=with_found_entities(text, []),
            thread_id=thread_id,
            reply_to=reply_to,
        )
        chat.wrote_s = time.monotonic()
        if self._bot_reads(chat, message):
            self.messenger.updates.add("message", self.messenger.wire(message))
        return message

    def tap(self, chat_id: int, message_id: int, button: str, *, user_id: int | None = None) -> Tap:
        """Press the inline button with this callback data, or with this label."""
        chat = self._chat(chat_id)
        message = chat.messages.get(message_id)
        if message is None:
            raise PeopleError(f"no message {message_id} in chat {chat_id}")
        callbacks = [each for each in message.buttons if "callback_data" in each]
        for key in ("callback_data", "text"):
            for each in callbacks:
                if each[key] == button:
                    user = self._writer(chat, user_id)
                    return self.messenger.open_tap(chat, message, user, each["callback_data"])
        labels = [each["text"] for each in message.buttons]
        raise PeopleError(f"no button {button!r} under message {message_id}, only {labels}")

    def expire_taps(self) -> None:
        """Make all answers to earlier taps come too late."""
        for tap in self.messenger.taps.values():
            tap.expired = True

    def block(self, user_id: int) -> None:
        """Let a person block the bot, which is told so."""
        self._leave_private(user_id, ChatState.BLOCKED)

    def unblock(self, user_id: int) -> None:
        """Let a person take the bot back, which is told so."""
        chat = self._chat(user_id)
        if chat.state is ChatState.BLOCKED:
            chat.state = ChatState.ACTIVE
            self.messenger.tell_membership(chat, self._user(user_id), "kicked", "member")

    def deactivate(self, user_id: int) -> None:
        """Let a person delete their account. Telegram does not tell the bot."""
        self._set_state(user_id, ChatState.DEACTIVATED)

    def kick(self, chat_id: int, *, by: int | None = None) -> None:
        """Remove the bot from a group, which it is told."""
        chat = self._chat(chat_id)
        old = chat.member_wire(self.messenger.bot)["status"]
        chat.state = ChatState.KICKED
        user = self._user(by) if by is not None else next(iter(chat.members.values()))
        self.messenger.tell_membership(chat, user, old, "kicked")

    def invite(self, chat_id: int, *, by: int | None = None) -> None:
        """Bring the bot back into a group, which it is told."""
        chat = self._chat(chat_id)
        old = chat.member_wire(self.messenger.bot)["status"]
        chat.state = ChatState.ACTIVE
        user = self._user(by) if by is not None else next(iter(chat.members.values()))
        self.messenger.tell_membership(chat, user, old, "member")

    def delete_chat(self, chat_id: int) -> None:
        """Delete a group."""
        self._set_state(chat_id, ChatState.DELETED)

    def forget_chat(self, chat_id: int) -> None:
        """Make a chat one that Telegram does not find."""
        self._set_state(chat_id, ChatState.NOT_FOUND)

    def migrate(self, chat_id: int, new_chat_id: int) -> Chat:
        """Upgrade a group to a supergroup: a new id, and a message on either side."""
        old = self._chat(chat_id)
        new = Chat(new_chat_id, "supergroup", old.title, bot_is_admin=old.bot_is_admin)
        new.members, new.admins, new.owner = dict(old.members), set(old.admins), old.owner
        self.messenger.chats[new_chat_id] = new
        by = next(iter(old.members.values()))
        leaving = {"migrate_to_chat_id": new_chat_id}
        arriving = {"migrate_from_chat_id": chat_id}
        for chat, service in ((old, leaving), (new, arriving)):
            message = self.messenger.post(chat, by, "", "", service=service)
            self.messenger.updates.add("message", self.messenger.wire(message))
        old.state, old.migrated_to = ChatState.MIGRATED, new_chat_id
        return new

    def add_topic(self, chat_id: int, thread_id: int, name: str) -> None:
        """Open a topic of a forum."""
        self._chat(chat_id).topics[thread_id] = name

    def close_topic(self, chat_id: int, thread_id: int) -> None:
        """Close a topic: only admins may write into it."""
        self._chat(chat_id).closed_topics.add(thread_id)

    def delete_topic(self, chat_id: int, thread_id: int) -> None:
        """Delete a topic with its messages. Telegram does not tell the bot."""
        chat = self._chat(chat_id)
        chat.topics.pop(thread_id, None)
        for message in [each for each in chat.messages.values() if each.thread_id == thread_id]:
            self.messenger.delete(chat, message)

    # What people see

    def messages(
        self,
        chat_id: int,
        *,
        after: int = 0,
        thread_id: int | None = None,
        everyone: bool = False,
    ) -> list[Message]:
        """Return what the bot wrote into a chat, oldest first; *everyone*: people's as well."""
        return [
            message
            for message in self._chat(chat_id).messages.values()
            if message.message_id > after
            and (everyone or message.from_bot)
            and (thread_id is None or message.thread_id == thread_id)
        ]

    async def wait_messages(
        self,
        chat_id: int,
        *,
        count: int = 1,
        after: int = 0,
        thread_id: int | None = None,
        everyone: bool = False,
        timeout: float = 5.0,
    ) -> list[Message]:
        """Wait until a chat holds *count* such messages, and return all of them.

        Raises TimeoutError that says what had come instead.
        """
        deadline = time.monotonic() + timeout
        while True:
            found = self.messages(chat_id, after=after, thread_id=thread_id, everyone=everyone)
            if len(found) >= count:
                return found
            if not await self.messenger.changes.wait(deadline):
                texts = [message.text for message in found]
                raise TimeoutError(f"{len(found)} of {count} messages in {chat_id}: {texts}")

    def commands(self, chat_id: int, *, user_id: int | None = None) -> list[dict[str, str]]:
        """Return the menu of commands that a person sees in a chat."""
        chat = self._chat(chat_id)
        user = self._writer(chat, user_id)
        return self.messenger.profile.commands_for(
            chat_id,
            user.user_id,
            user.language_code or "",
            private=chat.is_private,
            admin=user.user_id in chat.admins,
        )

    # Inside

    def _chat(self, chat_id: int) -> Chat:
        chat = self.messenger.chats.get(chat_id)
        if chat is None:
            raise PeopleError(f"no chat {chat_id}")
        return chat

    def _user(self, user_id: int) -> User:
        user = self.messenger.users.get(user_id)
        if user is None:
            raise PeopleError(f"no user {user_id}")
        return user

    def _writer(self, chat: Chat, user_id: int | None) -> User:
        if user_id is None:
            if not chat.is_private:
                raise PeopleError(f"say which user of {chat.title}")
            user_id = chat.chat_id
        if user_id not in chat.members:
            raise PeopleError(f"user {user_id} is not in {chat.title}")
        return chat.members[user_id]

    def _bot_reads(self, chat: Chat, message: Message) -> bool:
        """Whether the bot is given the message: in groups, privacy mode hides most of them."""
        if chat.is_private or chat.bot_is_admin:
            return True
        replied = chat.messages.get(message.reply_to or 0)
        if replied is not None and replied.from_bot:
            return True
        name = f"@{BOT_USERNAME}"
        first = message.text.split(maxsplit=1)[0]
        if first.startswith("/"):
            return "@" not in first or first.lower().endswith(name)
        return name in message.text.lower()

    def _leave_private(self, user_id: int, state: ChatState) -> None:
        chat = self._chat(user_id)
        if chat.state in {ChatState.ACTIVE, ChatState.NOT_STARTED}:
            chat.state = state
            self.messenger.tell_membership(chat, self._user(user_id), "member", "kicked")

    def _set_state(self, chat_id: int, state: ChatState) -> None:
        chat = self._chat(chat_id)
        chat.state = state
        self.messenger.changes.add("chat", chat_id, state=state.value)


def view(message: Message) -> Wire:
    """Return *message* as the people's HTTP door shows it."""
    shown: dict[str, Any] = {
        "message_id": message.message_id,
        "chat_id": message.chat_id,
        "from_bot": message.from_bot,
        "sender": message.sender.first_name,
        "sender_id": message.sender.user_id,
        "date": int(message.date.timestamp()),
        "edited": int(message.edited.timestamp()) if message.edited else None,
        "text": message.text,
        "html": message.html,
        "entities": message.entities,
        "reply_markup": message.reply_markup,
        "thread_id": message.thread_id,
        "reply_to": message.reply_to,
        "history": message.history,
        "silent": message.silent,
        "reactions": message.reactions,
        "link_preview": message.link_preview,
        "service": message.service,
    }
    if message.media is not None:
        shown["media"] = {
            "kind": message.media.kind,
            "file_id": message.media.file_id,
            "file_name": message.media.file_name,
            "content_type": message.media.content_type,
        }
    return shown
