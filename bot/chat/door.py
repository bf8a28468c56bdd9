"""The door: every update that Telegram hands over is read here and served by its handler."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from typing import Any

from telegram import ChatMember, Message, Update
from telegram.constants import ChatMemberStatus
from telegram.ext import (
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.chat.admission import read_visit, read_words
from bot.chat.anything import answer_anything
from bot.chat.arrivals import name_attached
from bot.chat.channels import answer_in_private, enter, greet_admin, is_new_admin
from bot.chat.commands import BUTTONS, COMMANDS, say_too_old, serve
from bot.chat.groups import greet, is_new_member, read_joining
from bot.chat.inline import serve_inline
from bot.chat.intents import Intent, Said, find_command
from bot.chat.operators import OPERATORS_COMMANDS, set_operators_menu
from bot.chat.settings import say_admins_only
from bot.chat.strangers import JOINED, is_let_in, say_full
from bot.chat.visit import Services, Visit
from bot.errors import NoRoom
from bot.model import ChatKind, ChatState
from bot.telegram_api.connection import AnyApplication

_log = logging.getLogger(__name__)

_GONE = (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
#: So long a message that was edited is served anew.
_EDITS_COUNT_S = 15 * 60
_WRITTEN = (
    filters.UpdateType.MESSAGE | filters.UpdateType.EDITED_MESSAGE | filters.UpdateType.CHANNEL_POST
)


class Door:
    """Serves updates; one that breaks is answered with an apology and harms no other."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def attach(self, application: AnyApplication) -> None:
        """Register the handlers with python-telegram-bot."""
        application.add_handlers(
            [
                MessageHandler(filters.StatusUpdate.MIGRATE, self._migrated),
                MessageHandler(_WRITTEN, self._message),
                CallbackQueryHandler(self._button),
                InlineQueryHandler(self._inline),
                ChatMemberHandler(self._membership, ChatMemberHandler.MY_CHAT_MEMBER),
                ChatMemberHandler(self._others_membership, ChatMemberHandler.CHAT_MEMBER),
            ]
        )

    async def _message(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        # What a channel posts comes into its discussion group by itself.
        if message is None or message.is_automatic_forward or not self._is_news(update, message):
            return
        # Nobody asks by handing on what somebody else wrote.
        said = None if message.forward_origin else _find_command(message)
        if said is not None and said.addressee and not self._is_me(said.addressee):
            return
        if said is None or not self._is_known(said, message.chat.id):
            if message.chat.type == ChatKind.PRIVATE:
                visit = await self._admit(update, said.command if said else "")
                if visit is not None and not visit.quiet:
                    await _unless_full(visit, answer_anything(visit, message))
            return
        visit = await self._admit(update, said.command)
        if visit is None:
            return
        if visit.chat.type == ChatKind.CHANNEL:
            visit = await answer_in_private(visit)
        await _unless_full(visit, self._serve(said, visit))

    async def _serve(self, said: Said, visit: Visit) -> None:
        if said.intent is Intent.COMMAND:
            await serve(COMMANDS[said.command], visit)
        elif await visit.may_change_settings():
            await OPERATORS_COMMANDS[said.command.lower()](visit)

    async def _button(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        what = (update.callback_query.data or "") if update.callback_query else ""
        what = what.partition(":")[0]
        visit = await self._admit(update, what)
        if visit is None:
            return
        if visit.from_chat is not None:
            entered = await enter(visit, visit.chat.id, note=False)
            if entered is None:
                await visit.toast(say_admins_only(visit.texts), alert=True)
                return
            visit = entered
        command = BUTTONS.get(what)
        if command is None:
            await visit.toast(say_too_old(visit.texts), alert=True)
        else:
            await _unless_full(visit, serve(command, visit))

    async def _inline(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.inline_query is not None:
            await serve_inline(update.inline_query, self._services)

    async def _admit(self, update: Update, what: str) -> Visit | None:
        """Return an update as a visit that may go on; *what*: its command or button."""
        visit = await read_visit(update, self._services)
        if visit is None:
            return None
        if visit.chat_state is not ChatState.ACTIVE and update.effective_chat:
            await self._services.storage.chats.mark_back(update.effective_chat.id)
        if visit.subscriber is None and visit.chat.id in self._services.terms.admins:
            # Telegram takes no menu for somebody who has not written.
            self._do_apart(set_operators_menu(visit.services.bot, visit.services.texts, visit.room))
        visit = replace(visit, quiet=True) if visit.note_flood() else visit
        return visit if await is_let_in(visit, what) else None

    def _do_apart(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for."""
        waiting = self._services.waiting
        task = asyncio.create_task(doing)
        waiting.add(task)
        task.add_done_callback(waiting.discard)

    def _is_news(self, update: Update, message: Message) -> bool:
        """Say whether a message says something new: edits come for previews and places as well."""
        words, heard = read_words(message), self._services.heard
        if update.edited_message is None:
            if words:
                heard.note_text(message.chat.id, message.message_id, words)
            album = message.media_group_id
            is_first = album is None or heard.is_new_album(message.chat.id, album)
            return bool(words) or (is_first and bool(name_attached(message)))
        edited_at = message.edit_date
        if edited_at is None or (edited_at - message.date).total_seconds() > _EDITS_COUNT_S:
            return False
        return heard.is_changed(message.chat.id, message.message_id, words)

    def _is_known(self, said: Said, chat_id: int) -> bool:
        """Say whether a command is one of ours: groups have other bots, and talk of their own."""
        if said.intent is Intent.COMMAND:
            return said.command in COMMANDS
        desk = self._services.desk
        return desk is not None and chat_id in desk.admins and _is_operators(said)

    async def _membership(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        changed = update.my_chat_member
        if changed is None:
            return
        member: ChatMember = changed.new_chat_member
        chats = self._services.storage.chats
        if member.status in _GONE:
            await chats.mark_gone(changed.chat.id, f"the bot is {member.status} there")
        elif changed.chat.type == ChatKind.PRIVATE or member.status != ChatMemberStatus.RESTRICTED:
            await chats.mark_back(changed.chat.id)
        if is_new_member(changed):
            visit = await read_joining(changed, self._services)
            if await is_let_in(visit, JOINED):
                await greet(visit)
        elif is_new_admin(changed):
            await greet_admin(changed, self._services)

    async def _others_membership(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Whoever comes or goes there: the chat lives."""
        if update.chat_member is None:
            return
        storage, chat_id = self._services.storage, update.chat_member.chat.id
        _, state = await storage.subscribers.load_place(chat_id, topic=0)
        if state is not ChatState.ACTIVE:
            await storage.chats.mark_back(chat_id)

    async def _migrated(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None:
            return
        if message.migrate_to_chat_id:
            old, new = message.chat.id, message.migrate_to_chat_id
        elif message.migrate_from_chat_id:
            old, new = message.migrate_from_chat_id, message.chat.id
        else:
            return
        _log.info("chat_moved", extra={"chat": old, "to": new})
        await self._services.storage.chats.move(old, new)

    def _is_me(self, addressee: str) -> bool:
        username = self._services.bot.bot.username
        return not username or addressee.lower() == username.lower()


def _find_command(message: Message) -> Said | None:
    said = find_command(read_words(message))
    # One of the menu is known by its own name even if it has no other.
    if said is not None and said.intent is Intent.UNKNOWN and said.command.lower() in COMMANDS:
        return replace(said, intent=Intent.COMMAND, command=said.command.lower())
    return said


async def _unless_full(visit: Visit, served: Awaitable[None]) -> None:
    """Serve a visit, or say that there is no room for whom it would make a subscriber."""
    try:
        await served
    except NoRoom:
        await say_full(visit)


def _is_operators(said: Said) -> bool:
    return said.command.lower() in OPERATORS_COMMANDS
