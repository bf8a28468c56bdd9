"""Channels: set up from the private chat of somebody who may post there.

Nothing is remembered between two messages: each button and each command names its channel, and
Telegram is asked each time whether this person may.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace

from markupsafe import Markup
from telegram import Chat, ChatMember, ChatMemberUpdated, Message, MessageOriginChannel, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.chat.intents import Intent, Said, find_command
from bot.chat.keyboards import button, do_button, rows
from bot.chat.ready import READY_KEYWORDS
from bot.chat.visit import Services, Visit
from bot.delivery.split import cut
from bot.model import ChatKind, Keyboard
from bot.texts import Texts, choose_language

_log = logging.getLogger(__name__)

_TELEGRAM_MAY_TAKE_S = 5.0
_MOST_LISTED, _MOST_READY = 10, 3
_TITLE_UNITS = 60
_LINK = re.compile(r"(?:https?://)?t\.me/(?P<name>\w+)/?", re.IGNORECASE)
_NAME = re.compile(r"@?(?P<name>[A-Za-z]\w{3,31})")
_NUMBER = re.compile(r"-\d{5,15}")
#: What is not about a channel, or names a message of another chat.
_NOT_HERE = frozenset({"start", "channel", "why", "forget_me"})


async def find_channel_command(visit: Visit) -> tuple[Visit, str] | None:
    """Return the channel and command that `/channel` names; None once it has been answered."""
    texts = visit.texts
    if visit.is_group:
        await visit.answer(
            texts.say("A channel is set up in a private chat with me: type /channel there.")
        )
        return None
    target, _, rest = visit.words.partition(" ")
    if not target:
        await _list_channels(visit)
        return None
    entered = await _enter_named(visit, target)
    if entered is None:
        await visit.answer(_say_not_admin(texts))
        return None
    if not rest.strip():
        await show_card(entered)
        return None
    command = find_command(f"/{rest.strip().lstrip('/')}") or Said(Intent.UNKNOWN)
    if command.intent is not Intent.COMMAND or command.command in _NOT_HERE:
        await visit.answer(
            texts.say(
                "I do not understand “{words}”. "
                "For example: <code>/channel {name} add border</code>",
                words=cut(rest.strip(), _TITLE_UNITS),
                name=target,
            )
        )
        return None
    return replace(entered, words=command.words), command.command


async def open_tapped(visit: Visit) -> None:
    """Show the channel whose button was tapped."""
    is_number = _NUMBER.fullmatch(visit.words)
    entered = await enter(visit, int(visit.words)) if is_number and not visit.is_group else None
    if entered is None:
        await visit.toast(_say_not_admin(visit.texts), alert=True)
        return
    await visit.toast()
    await show_card(entered)


async def offer_forwarded(visit: Visit, message: Message) -> bool:
    """Show the channel that a post was forwarded from, to whoever may set it up."""
    origin = message.forward_origin
    if not isinstance(origin, MessageOriginChannel):
        return False
    entered = await enter(visit, origin.chat.id)
    if entered is None:
        return False
    await show_card(entered)
    return True


async def greet_admin(changed: ChatMemberUpdated, services: Services) -> None:
    """Tell whoever made the bot an admin of a channel how to set it up, if they know the bot."""
    person, storage = changed.from_user, services.storage
    if not await storage.chats.keep_private([person.id]):
        return
    subscriber, _ = await storage.subscribers.load_place(person.id, topic=0)
    language = subscriber.language if subscriber else choose_language(person.language_code)
    visit = Visit(
        services=services,
        chat=Chat(person.id, ChatType.PRIVATE),
        topic=0,
        user=person,
        by_chat_itself=False,
        words="",
        subscriber=subscriber,
        texts=services.texts[language],
    )
    entered = await enter(visit, changed.chat.id)
    if entered is not None:
        await show_card(entered)


async def answer_in_private(visit: Visit) -> Visit:
    """Return a channel's own post as a visit that is answered to somebody who sets it up.

    Posts of a channel are news; only where nobody is known is a command answered there.
    """
    for person in await visit.storage.channels.load_admins(visit.chat.id):
        private, _ = await visit.storage.subscribers.load_place(person, topic=0)
        theirs = replace(visit, user=User(person, "", is_bot=False), from_chat=person)
        entered = await enter(theirs, visit.chat.id, note=False)
        if entered is not None:
            return entered.speaking(private.language) if private else entered
    return visit


async def enter(visit: Visit, channel: int | str, *, note: bool = True) -> Visit | None:
    """Return the visit as one of a channel, answered where it is; None for who may not post there.

    *note*: it is listed from now on.
    """
    bot, person = visit.services.bot, visit.user
    if person is None:
        return None
    try:
        chat = await bot.get_chat(channel, read_timeout=_TELEGRAM_MAY_TAKE_S)
        if chat.type != ChatType.CHANNEL:
            return None
        member = await bot.get_chat_member(chat.id, person.id, read_timeout=_TELEGRAM_MAY_TAKE_S)
    except TelegramError as error:
        _log.info("channel_unknown", extra={"chat": visit.room, "reason": error.message})
        return None
    if not _may_post(member):
        return None
    if note:
        await visit.storage.channels.note_admin(chat.id, person.id)
    subscriber, _ = await visit.storage.subscribers.load_place(chat.id, topic=0)
    return replace(
        visit,
        chat=Chat(chat.id, ChatType.CHANNEL, title=chat.title, username=chat.username),
        topic=0,
        by_chat_itself=True,
        subscriber=subscriber,
        reply_to=None,
        from_chat=visit.room,
        title=chat.title or "",
    )


async def show_card(visit: Visit) -> None:
    """Say what a channel follows, and how that is changed from here."""
    texts, subscriber = visit.texts, visit.subscriber
    keywords = await visit.storage.keywords.load(subscriber.id) if subscriber else []
    name = f"@{visit.chat.username}" if visit.chat.username else str(visit.chat.id)
    if keywords:
        followed = texts.say(
            "This channel follows: {words}.",
            words=cut(", ".join(each.typed for each in keywords), 600),
        )
    else:
        followed = texts.say("This channel follows nothing yet.")
    how = texts.say(
        "You set it up from here; in the channel I post news only. Tap a word, or type:\n"
        "<code>/channel {name} add border</code>\n"
        "<code>/channel {name} remove border</code>\n"
        "<code>/channel {name} digest 9:00</code>\n"
        "<code>/channel {name} language hy</code>\n"
        "<code>/channel {name} keywords</code>",
        name=name,
    )
    await visit.answer(f"{followed}\n\n{how}", setup_keyboard(texts))


def setup_keyboard(texts: Texts) -> Keyboard:
    """Return the buttons with which a group or a channel begins."""
    words = READY_KEYWORDS[texts.language][:_MOST_READY]
    ready = [do_button(f"+ {word}", "add", word) for word in words]
    return [
        ready,
        [
            do_button(texts.say("Keywords"), "keywords"),
            do_button(texts.say("Digest"), "digest"),
        ],
        [
            do_button(texts.say("Language"), "language"),
            do_button(texts.say("All settings"), "settings"),
        ],
    ]


async def _list_channels(visit: Visit) -> None:
    texts = visit.texts
    known = await visit.storage.channels.load_of(visit.chat.id)
    entered = [await enter(visit, each, note=False) for each in known[:_MOST_LISTED]]
    mine = [each for each in entered if each is not None]
    how = texts.say(
        "To set up a channel, make me an admin of it with the right to post; then type its name: "
        "<code>/channel @name</code>. Or forward me a post of it."
    )
    if not mine:
        await visit.answer(how)
        return
    buttons = (button(cut(each.title, _TITLE_UNITS), f"channel:{each.chat.id}") for each in mine)
    await visit.answer(
        f"{texts.say('Your channels. Tap one to set it up:')}\n\n{how}", rows(buttons)
    )


async def _enter_named(visit: Visit, target: str) -> Visit | None:
    if _NUMBER.fullmatch(target):
        return await enter(visit, int(target))
    named = _LINK.fullmatch(target) or _NAME.fullmatch(target)
    return await enter(visit, f"@{named['name']}") if named else None


def _may_post(member: ChatMember) -> bool:
    if member.status == ChatMemberStatus.OWNER:
        return True
    # Not every server tells this right; an admin who is not known to lack it may.
    may_post = getattr(member, "can_post_messages", None)
    return member.status == ChatMemberStatus.ADMINISTRATOR and may_post is not False


def _say_not_admin(texts: Texts) -> Markup:
    return texts.say(
        "I find no such channel in which you may post, or I am no admin there. Make me an admin of "
        "it with the right to post, and try again."
    )


def is_new_admin(changed: ChatMemberUpdated) -> bool:
    """Say whether a change made the bot an admin of a channel, which it was not before."""
    admin = ChatMemberStatus.ADMINISTRATOR
    return (
        changed.chat.type == ChatKind.CHANNEL
        and changed.new_chat_member.status == admin
        and changed.old_chat_member.status != admin
    )
