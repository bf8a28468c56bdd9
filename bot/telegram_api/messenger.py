"""Saying something in a chat: one message sent, edited, or a button answered."""

from __future__ import annotations

import logging
from typing import Any

from telegram import Bot, InputFile, InputMediaPhoto, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.delivery.render import render_plain
from bot.errors import MessageRejected, SendError, TopicGone, TryLater
from bot.model import Keyboard
from bot.telegram_api.keyboards import make_markup
from bot.telegram_api.refusals import translate
from bot.telegram_api.transport import over_fresh_connection, written_fields

_log = logging.getLogger(__name__)

_PICTURE_NAME = "trends.png"
_UPLOAD_S = 20.0
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NO_PREVIEW_JSON = _NO_PREVIEW.to_json()


class Messenger:
    """Sends and edits messages; every failure comes out as one of our own errors."""

    def __init__(self, bot: Bot, *, paid_broadcast: bool = False) -> None:
        self._bot = bot
        self._paid_broadcast = paid_broadcast
        # Some Bot-API-compatible servers refuse parameters that only make messages prettier.
        self._knows_cosmetics = True

    async def send(
        self,
        chat_id: int,
        topic: int,
        html: str,
        keyboard: Keyboard | None = None,
        *,
        unasked: bool = False,
        again: bool = False,
        reply_to: int | None = None,
        silent: bool = False,
        preview: bool = False,
    ) -> int:
        """Send one message; return its id. A *silent* one makes no sound.

        As a reply to the message *reply_to*, or by itself where that has been deleted.

        *again* says that it may have been taken before, its answer lost: then a connection of its
        own tells "not taken" from "not answered".

        A text that Telegram cannot read is sent cut down and plain rather than lost; a topic that
        is gone is answered in the group itself. Raises SendError when neither helps.
        """
        wanted = {"chat_id": str(chat_id)}
        if keyboard is not None:
            wanted["reply_markup"] = make_markup(keyboard).to_json()
        if topic:
            wanted["message_thread_id"] = str(topic)
        if unasked and self._paid_broadcast:
            wanted["allow_paid_broadcast"] = "true"
        if silent:
            wanted["disable_notification"] = "true"
        if reply_to is not None:
            reply = ReplyParameters(reply_to, allow_sending_without_reply=True)
            wanted["reply_parameters"] = reply.to_json()
        freshness = over_fresh_connection.set(again)
        try:
            return await self._send_readable(html, wanted, preview)
        except TopicGone as error:
            _log.warning("topic_gone", extra={"chat": chat_id, "reason": error.reason})
            wanted.pop("message_thread_id", None)
            return await self._send_readable(html, wanted, preview)
        finally:
            over_fresh_connection.reset(freshness)

    async def edit(
        self,
        chat_id: int,
        message_id: int,
        html: str,
        keyboard: Keyboard | None,
        *,
        preview: bool = False,
    ) -> None:
        """Replace a message's text and buttons; one that says the same already is fine."""
        try:
            await self._bot.edit_message_text(
                html,
                chat_id=chat_id,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=None if keyboard is None else make_markup(keyboard),
                **({} if preview else self._cosmetics()),
            )
        except BadRequest as error:
            if "message is not modified" not in error.message.lower():
                raise translate(error, html) from error
        except TelegramError as error:
            raise translate(error, html) from error

    async def send_photo(
        self,
        chat_id: int,
        topic: int,
        png: bytes,
        caption: str,
        keyboard: Keyboard | None = None,
    ) -> int:
        """Send a picture with its caption; return the message's id."""
        try:
            sent = await self._bot.send_photo(
                chat_id,
                InputFile(png, _PICTURE_NAME),
                caption=caption,
                parse_mode=ParseMode.HTML,
                reply_markup=None if keyboard is None else make_markup(keyboard),
                message_thread_id=topic or None,
                write_timeout=_UPLOAD_S,
            )
        except TelegramError as error:
            ours = translate(error, caption)
            if isinstance(ours, TopicGone) and topic:
                return await self.send_photo(chat_id, 0, png, caption, keyboard)
            raise ours from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            # Sent, and answered in a way that python-telegram-bot cannot read.
            _log.info("answer_not_read", extra={"reason": type(error).__name__})
            return 0
        return sent.message_id

    async def send_document(
        self, chat_id: int, topic: int, name: str, content: bytes, caption: str
    ) -> None:
        """Send a file with its caption."""
        try:
            await self._bot.send_document(
                chat_id,
                InputFile(content, name),
                caption=caption,
                parse_mode=ParseMode.HTML,
                message_thread_id=topic or None,
                write_timeout=_UPLOAD_S,
            )
        except TelegramError as error:
            raise translate(error, caption) from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            _log.info("answer_not_read", extra={"reason": type(error).__name__})

    async def edit_photo(
        self, chat_id: int, message_id: int, png: bytes, caption: str, keyboard: Keyboard | None
    ) -> None:
        """Put another picture, caption and buttons into a message."""
        photo = InputMediaPhoto(
            InputFile(png, _PICTURE_NAME, attach=True), caption, parse_mode=ParseMode.HTML
        )
        try:
            await self._bot.edit_message_media(
                photo,
                chat_id=chat_id,
                message_id=message_id,
                reply_markup=None if keyboard is None else make_markup(keyboard),
                write_timeout=_UPLOAD_S,
            )
        except BadRequest as error:
            if "message is not modified" not in error.message.lower():
                raise translate(error, caption) from error
        except TelegramError as error:
            raise translate(error, caption) from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            _log.info("answer_not_read", extra={"reason": type(error).__name__})

    async def edit_buttons(self, chat_id: int, message_id: int, keyboard: Keyboard) -> None:
        """Replace a message's buttons; what they did is done, so a refusal is only logged."""
        try:
            await self._bot.edit_message_reply_markup(
                chat_id=chat_id, message_id=message_id, reply_markup=make_markup(keyboard)
            )
        except TelegramError as error:
            _log.info("buttons_not_edited", extra={"reason": error.message})

    async def load_admins(self, chat_id: int) -> tuple[str, list[int]]:
        """Return a group's title and its admins, without the bots; raises SendError."""
        try:
            chat = await self._bot.get_chat(chat_id)
            admins = await self._bot.get_chat_administrators(chat_id)
        except TelegramError as error:
            raise _as_send_error(error) from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            # A newer or older server's answer, which python-telegram-bot cannot read.
            raise MessageRejected(f"not readable: {type(error).__name__}") from error
        return chat.title or "", [each.user.id for each in admins if not each.user.is_bot]

    async def answer_button(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """Answer a tap, so that its button stops spinning; a tap grown old is no failure."""
        try:
            await self._bot.answer_callback_query(query_id, text[:200] or None, show_alert=alert)
        except TelegramError as error:
            _log.info("button_not_answered", extra={"reason": error.message})

    async def _send_readable(self, html: str, wanted: dict[str, str], preview: bool) -> int:
        bare = self._knows_cosmetics and not preview
        cosmetics = {"link_preview_options": _NO_PREVIEW_JSON} if bare else {}
        try:
            return await self._send_once(html, wanted | cosmetics, ParseMode.HTML)
        except MessageRejected as error:
            if bare:
                try:
                    sent = await self._send_once(html, wanted, ParseMode.HTML)
                except MessageRejected:
                    pass
                else:
                    self._knows_cosmetics = False
                    _log.warning("parameter_refused", extra={"reason": error.reason})
                    return sent
            _log.warning("message_sent_plain", extra={"reason": error.reason})
            return await self._send_once(render_plain(html), wanted, None)

    async def _send_once(
        self, text: str, fields: dict[str, str], parse_mode: ParseMode | None
    ) -> int:
        # Not `send_message`: the Message it builds costs more than sending it does.
        fields = {**fields, "text": text}
        if parse_mode is not None:
            fields["parse_mode"] = parse_mode
        try:
            sent = await self._bot.request.post(
                f"{self._bot.base_url}/sendMessage", written_fields(fields)
            )
        except TelegramError as error:
            raise translate(error, text) from error
        return int(sent["message_id"]) if isinstance(sent, dict) else 0

    def _cosmetics(self) -> dict[str, Any]:
        return {"link_preview_options": _NO_PREVIEW} if self._knows_cosmetics else {}


def _as_send_error(error: TelegramError) -> SendError:
    ours = translate(error)
    return ours if isinstance(ours, SendError) else TryLater(str(ours))
