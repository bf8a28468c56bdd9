"""The Bot API's methods that say who is in a chat, and that leave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.demo.chats import Chat, ChatState, User, Wire
from bot.demo.messenger import Messenger
from bot.demo.refusal import bad_request


class Membership:
    """One method of Python for each method of the Bot API about a chat and its members."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger

    def table(self) -> dict[str, Callable[[Wire], Any]]:
        """Return what to call for which method."""
        return {
            "getChat": self.get_chat,
            "getChatMember": self.get_member,
            "getChatAdministrators": self.get_administrators,
            "leaveChat": self.leave,
        }

    def get_chat(self, parameters: Wire) -> Wire:
        """Answer getChat."""
        chat = self._known(parameters)
        wire = chat.wire() | {
            "accent_color_id": abs(chat.chat_id) % 7,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False,
                "limited_gifts": False,
                "unique_gifts": False,
                "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }
        if not chat.is_private:
            wire["permissions"] = {"can_send_messages": True}
        if chat.pinned:
            wire["pinned_message"] = self._messenger.wire(chat.messages[chat.pinned[-1]])
        return wire

    def get_member(self, parameters: Wire) -> Wire:
        """Answer getChatMember."""
        chat = self._known(parameters)
        user_id = parameters["user_id"]
        user = self._user(user_id)
        if user is None:
            raise bad_request("invalid user_id specified" if user_id <= 0 else "user not found")
        return chat.member_wire(user)

    def get_administrators(self, parameters: Wire) -> list[Wire]:
        """Answer getChatAdministrators; other bots are left out, as by default."""
        chat = self._known(parameters)
        if chat.is_private:
            raise bad_request("there are no administrators in the private chat")
        admins = [chat.members[user_id] for user_id in sorted(chat.admins)]
        if chat.bot_is_admin:
            admins.append(self._messenger.bot)
        return [chat.member_wire(user) for user in admins]

    def leave(self, parameters: Wire) -> bool:
        """Answer leaveChat."""
        chat = self._known(parameters)
        if chat.is_private:
            raise bad_request("chat member status can't be changed in private chats")
        old = chat.member_wire(self._messenger.bot)["status"]
        chat.state = ChatState.LEFT
        self._messenger.tell_membership(chat, self._messenger.bot, old, "left")
        return True

    def _known(self, parameters: Wire) -> Chat:
        chat = self._messenger.chat(parameters["chat_id"])
        chat.check_known()
        return chat

    def _user(self, user_id: int) -> User | None:
        if user_id == self._messenger.bot.user_id:
            return self._messenger.bot
        return self._messenger.users.get(user_id)
