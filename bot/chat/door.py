"""The door: every update that Telegram hands over is read here and served by its handler."""

from __future__ import annotations

import logging
from dataclasses import replace

from telegram import ChatMember, Update
from telegram.constants import ChatMemberStatus
from telegram.ext import (
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.chat.admission import read_visit
from bot.chat.commands import BUTTONS, COMMANDS, Command
from bot.chat.desk import FeedsDesk
from bot.chat.feeds import serve_feeds
from bot.chat.keywords import offer
from bot.chat.settings import say_admins_only
from bot.chat.story import serve_story
from bot.chat.visit import Services, Visit
from bot.model import ChatKind, ChatState
from bot.telegram_api.connection import AnyApplication

_log = logging.getLogger(__name__)

_GONE = (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
# Not python-telegram-bot's own CommandHandler: it needs the bot's username, which not every
# Bot-API-compatible server tells.
_COMMAND = filters.TEXT & filters.Regex(r"^/\w")
_FROM_PEOPLE = filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST


_OPERATORS_COMMANDS = frozenset({"feeds", "story"})


class Door:
    """Serves updates; one that breaks is answered with an apology and harms no other."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def attach(self, application: AnyApplication) -> None:
        """Register the handlers with python-telegram-bot."""
        application.add_handlers(
            [
                MessageHandler(filters.StatusUpdate.MIGRATE, self._migrated),
                MessageHandler(_COMMAND & _FROM_PEOPLE, self._command),
                MessageHandler(
                    filters.TEXT & filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE,
                    self._words,
                ),
                CallbackQueryHandler(self._button),
                ChatMemberHandler(self._membership, ChatMemberHandler.MY_CHAT_MEMBER),
                ChatMemberHandler(self._others_membership, ChatMemberHandler.CHAT_MEMBER),
            ]
        )

    async def _command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        visit = await self._admit(update)
        if visit is None or message is None or message.text is None:
            return
        name, _, addressee = message.text.split(maxsplit=1)[0][1:].partition("@")
        if addressee and not self._is_me(addressee):
            return
        command = COMMANDS.get(name.lower())
        desk = self._services.desk
        if name.lower() in _OPERATORS_COMMANDS and desk and await _is_operator(visit, desk):
            await (serve_feeds(visit, desk) if name.lower() == "feeds" else serve_story(visit))
        elif command is not None:
            await self._serve(command, visit)
        elif not visit.is_group:
            await visit.answer(visit.texts.say("I do not know /{name}. See /help", name=name[:32]))

    async def _words(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        visit = await self._admit(update)
        if visit is not None and not visit.quiet:
            await offer(visit)

    async def _button(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        visit = await self._admit(update)
        if visit is None or update.callback_query is None:
            return
        command = BUTTONS.get((update.callback_query.data or "").partition(":")[0])
        if command is None:
            await visit.toast()
        else:
            await self._serve(command, visit)

    async def _admit(self, update: Update) -> Visit | None:
        visit = await read_visit(update, self._services)
        if visit is None:
            return None
        if visit.chat_state is not ChatState.ACTIVE:
            await self._services.storage.chats.mark_back(visit.chat.id)
        return replace(visit, quiet=True) if visit.note_flood() else visit

    async def _serve(self, command: Command, visit: Visit) -> None:
        if visit.quiet and not command.changes:
            return
        if command.admins_only and not await visit.may_change_settings():
            if visit.query_id is None:
                await visit.answer(say_admins_only(visit.texts))
            else:
                await visit.toast(say_admins_only(visit.texts), alert=True)
            return
        await command.serve(visit)

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


async def _is_operator(visit: Visit, desk: FeedsDesk) -> bool:
    return visit.chat.id in desk.admins and await visit.may_change_settings()
