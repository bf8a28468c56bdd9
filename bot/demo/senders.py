"""People who send other things than words, forward and edit messages, and run channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.demo.chats import Chat, Message, User, Wire
from bot.demo.messenger import now
from bot.demo.people import People
from bot.demo.refusal import PeopleError
from bot.demo.text import with_found_entities

_FILE: Wire = {"file_id": "AgACAgIAAxk", "file_unique_id": "AQADBAAT"}
_SIZED: Wire = {**_FILE, "width": 320, "height": 240}

#: What a message may hold instead of a text, with all that the Bot API requires of it.
THINGS: dict[str, Any] = {
    "sticker": {**_SIZED, "type": "regular", "is_animated": False, "is_video": False},
    "voice": {**_FILE, "duration": 3},
    "video_note": {**_FILE, "length": 240, "duration": 3},
    "audio": {**_FILE, "duration": 180},
    "animation": {**_SIZED, "duration": 2},
    "photo": [_SIZED],
    "video": {**_SIZED, "duration": 9},
    "document": {**_FILE},
    "location": {"latitude": 39.51, "longitude": 46.34},
    "contact": {"phone_number": "+37400000000", "first_name": "Anahit"},
    "poll": {
        "id": "5", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
        "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
        "allows_revoting": False, "members_only": False,
    },
    "dice": {"emoji": "🎲", "value": 4},
}  # fmt: skip


class Senders(People):
    """Persons who do more than write."""

    def add_channel(
        self,
        chat_id: int,
        title: str,
        *,
        owner: int,
        username: str | None = None,
        admins: Iterable[int] = (),
    ) -> Chat:
        """Add a channel of *owner*'s; the bot is no admin of it yet."""
        chat = Chat(chat_id, "channel", title, username, owner=owner)
        chat.admins = {owner, *admins}
        chat.members = {user_id: self._user(user_id) for user_id in chat.admins}
        self.messenger.chats[chat_id] = chat
        return chat

    def make_bot_admin(self, chat_id: int, *, by: int) -> None:
        """Make the bot an admin of a channel, which it is told."""
        chat = self._chat(chat_id)
        chat.bot_is_admin = True
        self.messenger.tell_membership(chat, self._user(by), "left", "administrator")

    def post_in_channel(self, chat_id: int, text: str) -> Message:
        """Write *text* as the channel itself; its admins' names do not show."""
        chat = self._chat(chat_id)
        message = self._post(chat, User(136817688, "Channel"), text, {})
        self.messenger.updates.add("channel_post", _of_channel(self.messenger.wire(message)))
        return message

    def send_thing(
        self,
        chat_id: int,
        thing: str,
        *,
        user_id: int | None = None,
        caption: str = "",
        album: str | None = None,
    ) -> Message:
        """Send a sticker, a photo or the like, with a caption or as one of an album."""
        if thing not in THINGS:
            raise PeopleError(f"no {thing!r}, only {sorted(THINGS)}")
        content: Wire = {thing: THINGS[thing]}
        if caption:
            content |= {
                "caption": caption,
                "caption_entities": with_found_entities(caption, []),
            }
        if album:
            content["media_group_id"] = album
        return self._send(chat_id, "", content, user_id)

    def forward(
        self,
        chat_id: int,
        text: str,
        *,
        user_id: int | None = None,
        channel: int | None = None,
    ) -> Message:
        """Forward a text, from a *channel* or from somebody who hides their name."""
        date = int(now().timestamp())
        if channel is None:
            origin: Wire = {"type": "hidden_user", "date": date, "sender_user_name": "Somebody"}
        else:
            chat = self._chat(channel).wire()
            origin = {"type": "channel", "date": date, "chat": chat, "message_id": 1}
        return self._send(chat_id, text, {"forward_origin": origin}, user_id)

    def edit_text(self, chat_id: int, message_id: int, text: str) -> None:
        """Change what somebody wrote, or let Telegram tell of it once more: a preview came."""
        message = self._chat(chat_id).messages[message_id]
        message.text, message.edited = text, now()
        message.entities = with_found_entities(text, [])
        self.messenger.edited(message)
        self.messenger.updates.add("edited_message", self.messenger.wire(message))

    def _send(self, chat_id: int, text: str, content: Wire, user_id: int | None) -> Message:
        chat = self._chat(chat_id)
        message = self._post(chat, self._writer(chat, user_id), text, content)
        if chat.is_private or chat.bot_is_admin:
            self.messenger.updates.add("message", self.messenger.wire(message))
        return message

    def _post(self, chat: Chat, user: User, text: str, content: Wire) -> Message:
        entities = with_found_entities(text, [])
        return self.messenger.post(chat, user, text, text, entities=entities, service=content)


def _of_channel(wire: Wire) -> Wire:
    """Return a post as the bot sees it: written by the channel, and by no person."""
    return {name: value for name, value in wire.items() if name != "from"} | {
        "sender_chat": wire["chat"]
    }
