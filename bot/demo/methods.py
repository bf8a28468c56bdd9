"""The Bot API's methods that write, change and delete messages."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from bot.demo.chats import Chat, Media, Message, Wire
from bot.demo.keyboards import check_inline_keyboard
from bot.demo.messenger import Answer, Messenger, now
from bot.demo.parameters import FilePart
from bot.demo.refusal import bad_request
from bot.demo.rules import CHAT_ACTIONS
from bot.demo.text import format_text

MAX_ANSWER = 200
MAX_PHOTO_BYTES = 10 * 1024 * 1024
DELETE_WITHIN_S = 48 * 3600

_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the"
    " same as a current content and reply markup of the message"
)


class Methods:
    """One method of Python for each method of the Bot API that touches messages."""

    def __init__(self, messenger: Messenger, faults: list[str]) -> None:
        self._messenger = messenger
        self._faults = faults

    def table(self) -> dict[str, Callable[[Wire], Any]]:
        """Return what to call for which method."""
        return {
            "getMe": self.get_me,
            "sendMessage": self.send_message,
            "sendPhoto": self.send_photo,
            "sendDocument": self.send_document,
            "editMessageText": self.edit_text,
            "editMessageMedia": self.edit_media,
            "editMessageReplyMarkup": self.edit_markup,
            "deleteMessage": self.delete_message,
            "sendChatAction": self.send_action,
            "answerCallbackQuery": self.answer_tap,
            "setMessageReaction": self.react,
            "pinChatMessage": self.pin,
            "unpinChatMessage": self.unpin,
        }

    def get_me(self, _: Wire) -> Wire:
        """Return the bot as it sees itself."""
        return self._messenger.bot.wire() | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    # Sending

    def send_message(self, parameters: Wire) -> Wire:
        """Answer sendMessage."""
        formatted = format_text(parameters, "text", self._faults)
        return self._send(parameters, formatted.text, str(parameters["text"]), formatted.entities)

    def send_photo(self, parameters: Wire) -> Wire:
        """Answer sendPhoto."""
        return self._send_media(parameters, "photo")

    def send_document(self, parameters: Wire) -> Wire:
        """Answer sendDocument."""
        return self._send_media(parameters, "document")

    def _send_media(self, parameters: Wire, kind: str) -> Wire:
        media = self._media(kind, parameters[kind])
        formatted = format_text(parameters, "caption", self._faults)
        raw = str(parameters.get("caption", ""))
        return self._send(parameters, formatted.text, raw, formatted.entities, media=media)

    def _send(
        self, parameters: Wire, text: str, html: str, entities: list[Wire], **fields: Any
    ) -> Wire:
        keyboard = check_inline_keyboard(parameters.get("reply_markup"), self._faults)
        chat = self._messenger.writable(parameters)
        message = self._messenger.post(
            chat,
            self._messenger.bot,
            text,
            html,
            entities=entities,
            reply_markup=keyboard,
            thread_id=parameters.get("message_thread_id") or None,
            reply_to=self._replied(chat, parameters.get("reply_parameters")),
            silent=parameters.get("disable_notification", False),
            protected=parameters.get("protect_content", False),
            link_preview=parameters.get("link_preview_options"),
            **fields,
        )
        return self._messenger.wire(message)

    def _replied(self, chat: Chat, reply: Wire | None) -> int | None:
        if not reply:
            return None
        message_id = int(reply["message_id"])
        if message_id in chat.messages:
            return message_id
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")

    def _media(self, kind: str, value: FilePart | str) -> Media:
        if isinstance(value, str):
            known = self._messenger.files.get(value)
            if known is not None:
                return known
            if value.startswith(("http://", "https://")):
                # This server asks no other host, whatever a message may name.
                raise bad_request("failed to get HTTP URL content")
            raise bad_request("wrong file identifier/HTTP URL specified")
        if not value.content:
            raise bad_request("file must be non-empty")
        if kind == "photo" and len(value.content) > MAX_PHOTO_BYTES:
            raise bad_request("file is too big")
        width, height = _png_size(value.content)
        return Media(
            kind,
            f"AgACAgIAAx{secrets.token_hex(20)}",
            value.file_name,
            value.content_type,
            value.content,
            width,
            height,
        )

    # Changing

    def edit_text(self, parameters: Wire) -> Wire:
        """Answer editMessageText."""
        _, message = self._to_edit(parameters)
        formatted = format_text(parameters, "text", self._faults)
        keyboard = check_inline_keyboard(parameters.get("reply_markup"), self._faults)
        if message.media is not None:
            raise bad_request("there is no text in the message to edit")
        if (formatted.text, formatted.entities, keyboard) == (
            message.text,
            message.entities,
            message.reply_markup,
        ):
            raise bad_request(_NOT_MODIFIED)
        message.history.append(message.html)
        message.text, message.entities = formatted.text, formatted.entities
        message.html = str(parameters["text"])
        message.reply_markup, message.edited = keyboard, now()
        message.link_preview = parameters.get("link_preview_options", message.link_preview)
        self._messenger.edited(message)
        return self._messenger.wire(message)

    def edit_media(self, parameters: Wire) -> Wire:
        """Answer editMessageMedia, of photos and documents."""
        _, message = self._to_edit(parameters)
        given = parameters["media"]
        kind = given.get("type")
        if kind not in {"photo", "document"}:
            raise bad_request("can't parse InputMedia: type must be photo or document")
        formatted = format_text(given, "caption", self._faults)
        message.reply_markup = check_inline_keyboard(parameters.get("reply_markup"), self._faults)
        message.media = self._media(kind, given["media"])
        self._messenger.files[message.media.file_id] = message.media
        message.history.append(message.html)
        message.text, message.entities = formatted.text, formatted.entities
        message.html, message.edited = str(given.get("caption", "")), now()
        self._messenger.edited(message)
        return self._messenger.wire(message)

    def edit_markup(self, parameters: Wire) -> Wire:
        """Answer editMessageReplyMarkup."""
        _, message = self._to_edit(parameters)
        keyboard = check_inline_keyboard(parameters.get("reply_markup"), self._faults)
        if keyboard == message.reply_markup:
            raise bad_request(_NOT_MODIFIED)
        message.reply_markup, message.edited = keyboard, now()
        self._messenger.edited(message)
        return self._messenger.wire(message)

    def _to_edit(self, parameters: Wire) -> tuple[Chat, Message]:
        if "inline_message_id" in parameters:
            raise bad_request("MESSAGE_ID_INVALID")
        if "chat_id" not in parameters:
            raise bad_request("chat_id is empty")
        if not parameters.get("message_id"):
            raise bad_request("message identifier is not specified")
        chat = self._messenger.writable({"chat_id": parameters["chat_id"]})
        message = chat.messages.get(parameters["message_id"])
        if message is None:
            raise bad_request("message to edit not found")
        if not message.from_bot or message.service:
            raise bad_request("message can't be edited")
        return chat, message

    def delete_message(self, parameters: Wire) -> bool:
        """Answer deleteMessage."""
        chat = self._messenger.writable({"chat_id": parameters["chat_id"]})
        message = chat.messages.get(parameters["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        if (now() - message.date).total_seconds() > DELETE_WITHIN_S and not chat.bot_is_admin:
            raise bad_request("message can't be deleted for everyone")
        if not message.from_bot and not chat.is_private and not chat.bot_is_admin:
            raise bad_request("message can't be deleted")
        self._messenger.delete(chat, message)
        return True

    def send_action(self, parameters: Wire) -> bool:
        """Answer sendChatAction."""
        action = parameters["action"]
        if action not in CHAT_ACTIONS:
            raise bad_request("wrong parameter action in request")
        chat = self._messenger.writable(parameters)
        self._messenger.changes.add(
            "action",
            chat.chat_id,
            action=action,
            thread_id=parameters.get("message_thread_id") or None,
        )
        return True

    def answer_tap(self, parameters: Wire) -> bool:
        """Answer answerCallbackQuery."""
        tap = self._messenger.tap(parameters["callback_query_id"])
        text = parameters.get("text", "")
        if len(text) > MAX_ANSWER:
            raise bad_request("MESSAGE_TOO_LONG")
        url = parameters.get("url", "")
        tap.settle(Answer(text, parameters.get("show_alert", False), url))
        self._messenger.changes.add(
            "answer",
            tap.chat_id,
            query_id=tap.query_id,
            text=text,
            alert=parameters.get("show_alert", False),
            url=url,
        )
        return True

    def react(self, parameters: Wire) -> bool:
        """Answer setMessageReaction."""
        message = self._other_message(parameters, "message to react not found")
        reactions = parameters.get("reaction", [])
        if len(reactions) > 1 or any(each.get("type") == "paid" for each in reactions):
            raise bad_request("REACTIONS_TOO_MANY")
        message.reactions = reactions
        self._messenger.edited(message)
        return True

    def pin(self, parameters: Wire) -> bool:
        """Answer pinChatMessage."""
        message = self._other_message(parameters, "message to pin not found")
        chat = self._messenger.chats[message.chat_id]
        if not chat.is_private and not chat.bot_is_admin:
            raise bad_request("not enough rights to manage pinned messages in the chat")
        chat.pinned.append(message.message_id)
        self._messenger.changes.add("pinned", chat.chat_id, message_id=message.message_id)
        return True

    def unpin(self, parameters: Wire) -> bool:
        """Answer unpinChatMessage."""
        chat = self._messenger.writable({"chat_id": parameters["chat_id"]})
        wanted = parameters.get("message_id", chat.pinned[-1] if chat.pinned else 0)
        if wanted not in chat.pinned:
            raise bad_request("message to unpin not found")
        chat.pinned.remove(wanted)
        self._messenger.changes.add("unpinned", chat.chat_id, message_id=wanted)
        return True

    def _other_message(self, parameters: Wire, missing: str) -> Message:
        chat = self._messenger.writable({"chat_id": parameters["chat_id"]})
        message = chat.messages.get(parameters["message_id"])
        if message is None:
            raise bad_request(missing)
        return message


def _png_size(content: bytes) -> tuple[int, int]:
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    # Other formats: any size is as good as another to a bot that never asks.
    return 800, 600
