"""What operators can type beside everybody's commands; nobody else is told that it exists."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping

from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.chat.broadcast import serve_broadcast
from bot.chat.commands import describe_commands, register_commands
from bot.chat.feeds import serve_feeds
from bot.chat.stats import serve_stats
from bot.chat.status import serve_status
from bot.chat.story import serve_story
from bot.chat.visit import Visit
from bot.texts import Texts

_log = logging.getLogger(__name__)

OPERATORS_COMMANDS: Mapping[str, Callable[[Visit], Awaitable[None]]] = {
    "status": serve_status,
    "feeds": serve_feeds,
    "stats": serve_stats,
    "story": serve_story,
    "broadcast": serve_broadcast,
}


def describe_operators_commands(texts: Texts) -> dict[str, str]:
    """Return what each of them does, as an operator's menu shows it."""
    said = {
        "status": texts.say("Operator: does it work, and how it stands"),
        "feeds": texts.say("Operator: feeds, add, try, switch"),
        "stats": texts.say("Operator: items and messages by hour, a picture"),
        "story": texts.say("Operator: how a story came together"),
        "broadcast": texts.say("Operator: a message to all subscribers"),
    }
    return {name: text.unescape() for name, text in said.items()}


async def register_menus(bot: Bot, texts: Mapping[str, Texts], admins: Collection[int]) -> None:
    """Tell Telegram everybody's commands, and to operators who have written to the bot theirs."""
    await register_commands(bot, texts)
    for admin in admins:
        await set_operators_menu(bot, texts, admin)


async def set_operators_menu(bot: Bot, texts: Mapping[str, Texts], admin: int) -> None:
    """Put an operator's commands into their menu, before everybody's."""
    for language, spoken in texts.items():
        described = describe_operators_commands(spoken) | describe_commands(spoken)
        commands = [BotCommand(*each) for each in described.items()]
        try:
            # English also serves whose language Sahman does not speak.
            for code in (language, None) if language == "en" else (language,):
                await bot.set_my_commands(
                    commands, scope=BotCommandScopeChat(admin), language_code=code
                )
        except TelegramError as error:
            _log.info("menu_not_set", extra={"chat": admin, "reason": error.message})
            return
