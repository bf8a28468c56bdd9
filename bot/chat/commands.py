"""What can be typed and tapped: each command and button with the handler that serves it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from markupsafe import Markup
from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.chat import (
    alerts,
    applicants,
    broadcast,
    channels,
    digest_now,
    groups,
    keyword_list,
    keyword_page,
    keywords,
    latest,
    links,
    no_report,
    own_data,
    panel,
    quiet,
    settings,
    setup,
    sources,
    timeline,
    trends,
    under_alert,
    welcome,
    why,
)
from bot.chat.keyboards import is_number
from bot.chat.settings import say_admins_only
from bot.chat.visit import Visit
from bot.texts import Texts

_log = logging.getLogger(__name__)

Handler = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command or button: who serves it, and whether a group leaves it to its admins."""

    serve: Handler
    admins_only: bool = True
    changes: bool = True  #: False: it only answers, and is left undone where no answer follows


async def serve(command: Command, visit: Visit) -> None:
    """Do a command, or say who may."""
    if visit.quiet and not command.changes:
        return
    if command.admins_only and not await visit.may_change_settings():
        if visit.query_id is None:
            await visit.answer(say_admins_only(visit.texts))
        else:
            await visit.toast(say_admins_only(visit.texts), alert=True)
        return
    await command.serve(visit)


async def _serve_channel(visit: Visit) -> None:
    """Do in a channel what somebody asks for in their private chat."""
    found = await channels.find_channel_command(visit)
    if found is not None:
        of_channel, name = found
        await serve(COMMANDS[name], of_channel)


async def _serve_button(visit: Visit) -> None:
    """Do the command that a button names, with its words or those that are kept for it."""
    name, _, words = visit.words.partition(":")
    command = COMMANDS.get(name)
    if words.startswith("="):
        words = words[1:]
    elif words:
        kept = None
        if visit.subscriber is not None and is_number(words):
            kept = await visit.storage.subscribers.load_words(visit.subscriber.id, int(words))
        if kept is None:
            command = None
        words = kept or ""
    if command is None:
        await visit.toast(say_too_old(visit.texts), alert=True)
        return
    await serve(command, replace(visit, words=words, message_id=None))
    await visit.toast()


def say_too_old(texts: Texts) -> Markup:
    """Return what is said to a tap on a button that is not known any more."""
    return texts.say(
        "This button is an old one and does nothing any more. Everything that can be chosen: "
        "/settings. What you can type: /help"
    )


#: In the order of Telegram's menu. `digest` asks for admins itself: reading it is for all.
COMMANDS: Mapping[str, Command] = {
    "start": Command(groups.start, admins_only=False),
    "add": Command(keywords.add),
    "remove": Command(keywords.remove),
    "keywords": Command(keyword_list.keywords, admins_only=False, changes=False),
    "latest": Command(latest.latest, admins_only=False, changes=False),
    "search": Command(latest.search, admins_only=False, changes=False),
    "noreport": Command(no_report.no_report, admins_only=False, changes=False),
    "trends": Command(trends.trends, admins_only=False, changes=False),
    "digest": Command(settings.digest, admins_only=False),
    "alerts": Command(alerts.alerts),
    "why": Command(why.why, admins_only=False, changes=False),
    "timeline": Command(timeline.timeline, admins_only=False, changes=False),
    "timezone": Command(settings.timezone),
    "language": Command(welcome.language),
    "sources": Command(sources.sources, admins_only=False, changes=False),
    "settings": Command(panel.settings),
    "quiet": Command(quiet.quiet),
    "share": Command(links.share, changes=False),
    "channel": Command(_serve_channel, admins_only=False),
    "pause": Command(welcome.pause),
    "resume": Command(welcome.resume),
    "export": Command(own_data.export, changes=False),
    "stop": Command(welcome.stop),
    "forget_me": Command(welcome.stop),
    "privacy": Command(welcome.privacy, admins_only=False, changes=False),
    "help": Command(welcome.help_, admins_only=False, changes=False),
}

BUTTONS: Mapping[str, Command] = {
    "ready": Command(setup.toggle_ready),
    "setup": Command(setup.setup_tapped),
    "link": Command(links.link_tapped),
    "follow": Command(keywords.add_typed),
    "narrow": Command(keywords.narrow),
    "instead": Command(keywords.follow_instead),
    "remove": Command(keywords.remove_tapped),
    "word": Command(keyword_page.word_tapped),
    "latest": Command(latest.turn_old_page, admins_only=False, changes=False),
    "page": Command(latest.turn_page, admins_only=False, changes=False),
    "found": Command(latest.turn_found, admins_only=False, changes=False),
    "about": Command(latest.turn_keyword, admins_only=False, changes=False),
    "trends": Command(trends.turn_trends, admins_only=False, changes=False),
    "digest": Command(settings.digest_tapped),
    "turn": Command(digest_now.turn_digest, admins_only=False, changes=False),
    "alerts": Command(alerts.alerts_tapped),
    "timezone": Command(settings.timezone_tapped),
    "language": Command(setup.speak_first),
    "speak": Command(welcome.choose_language),
    "stop": Command(welcome.confirm_stop),
    "do": Command(_serve_button, admins_only=False),
    "channel": Command(channels.open_tapped, admins_only=False),
    "alert": Command(under_alert.alert_tapped),
    "set": Command(panel.settings_tapped),
    "ask": Command(applicants.ask_tapped),
    "cast": Command(broadcast.broadcast_tapped),
    "let": Command(applicants.let_tapped),
    "missed": Command(digest_now.show_missed, admins_only=False, changes=False),
}


def describe_commands(texts: Texts) -> dict[str, str]:
    """Return what each command does, as Telegram's menu shows it."""
    said = {
        "start": texts.say("Begin"),
        "add": texts.say("Follow a word: /add border"),
        "remove": texts.say("Stop following a word"),
        "keywords": texts.say("What you follow"),
        "latest": texts.say("The newest items, or those about a word"),
        "search": texts.say("Search the whole archive"),
        "noreport": texts.say("Whether anything was printed of a word since yesterday"),
        "trends": texts.say("How much is written about what you follow"),
        "digest": texts.say("A daily digest: now, at 09:00, off"),
        "alerts": texts.say("Which alerts come at once: all, urgent, none"),
        "why": texts.say("Why an alert came, or did not"),
        "timeline": texts.say("How a story came about"),
        "timezone": texts.say("Your time zone"),
        "language": texts.say("Հայերեն · Русский · English"),
        "sources": texts.say("Whose news is read"),
        "settings": texts.say("Everything that can be chosen"),
        "quiet": texts.say("Hours in which nothing rings"),
        "share": texts.say("A link by which others follow the same"),
        "channel": texts.say("Set up a channel of yours"),
        "pause": texts.say("Silence until /resume"),
        "resume": texts.say("Send again after /pause"),
        "export": texts.say("All that is kept of you, as a file"),
        "stop": texts.say("Stop and erase everything"),
        "forget_me": texts.say("Stop and erase everything"),
        "privacy": texts.say("What is kept about you"),
        "help": texts.say("What you can type"),
    }
    return {name: str(text) for name, text in said.items()}


async def register_commands(bot: Bot, texts: Mapping[str, Texts]) -> None:
    """Tell Telegram the commands and who the bot is, in each language.

    Only makes the bot easier to find one's way in: a server that cannot do it is warned about.
    """
    for language, spoken in texts.items():
        commands = [BotCommand(*each) for each in describe_commands(spoken).items()]
        about = spoken.say(
            "News alerts by keyword, from Armenian, Russian and English sources. "
            "One word is found in all three languages."
        )
        # English also serves everyone whose language Sahman does not speak.
        for code in (language, "") if language == "en" else (language,):
            try:
                await bot.set_my_commands(commands, language_code=code or None)
                await bot.set_my_description(about, language_code=code or None)
                await bot.set_my_short_description(about[:120], language_code=code or None)
            except TelegramError as error:
                _log.warning("commands_not_registered", extra={"reason": error.message})
                return
