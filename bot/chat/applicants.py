"""Asking to be let in, and the operators' answer: one message to each, whoever taps first decides.

Names are shown to operators and stored nowhere: Telegram is asked for them again.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace

from markupsafe import Markup
from telegram import Chat
from telegram.error import TelegramError

from bot.chat import setup
from bot.chat.groups import greet
from bot.chat.keyboards import button
from bot.chat.settings import say_admins_only
from bot.chat.strangers import is_full, say_asked, say_full, say_refused
from bot.chat.visit import Visit
from bot.delivery.split import cut
from bot.errors import NoRoom, SendError
from bot.model import Applicant, ChatKind, Keyboard, Standing
from bot.texts import Texts

_log = logging.getLogger(__name__)

_NAME_UNITS = 64
_TELEGRAM_MAY_TAKE_S = 5.0
_DECISION = re.compile(r"(?P<verdict>in|out):(?P<chat>-?\d{1,15})")


async def ask_tapped(visit: Visit) -> None:
    """Ask the operators to let this chat in; tapped again, only those who were not reached."""
    texts = visit.texts
    standing = await visit.storage.applicants.load_standing(visit.chat.id)
    if standing is Standing.STRANGER:
        if await is_full(visit):
            await say_full(visit)
            return
        standing = await visit.storage.applicants.ask(visit.chat.id, texts.language, visit.now)
    if standing is Standing.IN:
        await visit.toast()
        await _welcome(visit)
    elif standing is Standing.REFUSED:
        await visit.toast(texts.say("The operators have decided already."), alert=True)
    elif await _ask_operators(visit):
        await visit.toast()
        await visit.change(say_asked(texts))
    else:
        await visit.toast(
            texts.say("No operator can be reached just now. Tap again later."), alert=True
        )


async def let_tapped(visit: Visit) -> None:
    """Let a chat in or refuse it, as an operator's button says."""
    said = _DECISION.fullmatch(visit.words)
    if said is None or visit.chat.id not in visit.services.terms.admins:
        await visit.toast(say_admins_only(visit.texts), alert=True)
        return
    chat_id, wanted = int(said["chat"]), Standing.REFUSED
    if said["verdict"] == "in":
        wanted = Standing.IN
        if await is_full(replace(visit, chat=Chat(chat_id, ""))):
            full = visit.texts.say("There is no room: BOT_MOST_SUBSCRIBERS is reached.")
            await visit.toast(full, alert=True)
            return
    storage = visit.storage.applicants
    decided = await storage.decide(chat_id, wanted, visit.now)
    found = await _load_chat(visit, chat_id)
    if decided is None:
        await visit.toast(visit.texts.say("It is decided already."))
        standing = await storage.load_standing(chat_id)
        await visit.change(_say_decision(standing, found, visit.texts))
        return
    await visit.toast()
    await visit.change(_say_decision(wanted, found, visit.texts))
    await _tell_others(visit, decided, found, wanted)
    await _tell_applicant(visit, decided, found, wanted)


async def _ask_operators(visit: Visit) -> bool:
    """Ask each operator who has not been asked; say whether any has."""
    storage = visit.storage.applicants
    asked = await storage.load_messages(visit.chat.id)

    async def ask(operator: int) -> bool:
        if operator in asked:
            return True
        texts = await _load_texts(visit, operator)
        try:
            message_id = await visit.services.messenger.send(
                operator, 0, _say_request(visit, texts), _decide(visit.chat.id, operator, texts)
            )
        except SendError as error:
            _log.warning("operator_not_asked", extra={"chat": operator, "reason": error.reason})
            return False
        await storage.note_message(visit.chat.id, operator, message_id)
        return True

    return any(await asyncio.gather(*map(ask, visit.services.terms.admins)))


def _say_request(visit: Visit, texts: Texts) -> Markup:
    name = cut(visit.user.first_name, _NAME_UNITS) if visit.user else ""
    if visit.is_group:
        return texts.say(
            "🔔 <b>{name}</b> asks to let the group <b>{group}</b> in.",
            name=name or "?",
            group=cut(visit.chat.title or "?", _NAME_UNITS),
        )
    return texts.say("🔔 <b>{name}</b> asks to be let in.", name=name or "?")


def _decide(chat_id: int, operator: int, texts: Texts) -> Keyboard:
    # In a group of operators, a button names the topic that it was made for.
    sign = "@0" if operator < 0 else ""
    return [
        [
            button(texts.say("Let in"), f"let:in:{chat_id}{sign}"),
            button(texts.say("Refuse"), f"let:out:{chat_id}{sign}"),
        ]
    ]


def _say_decision(standing: Standing, chat: Chat | None, texts: Texts) -> Markup:
    name = cut((chat.title or chat.first_name or "") if chat else "", _NAME_UNITS) or "?"
    match standing:
        case Standing.IN:
            return texts.say("✅ <b>{name}</b> is let in.", name=name)
        case Standing.REFUSED:
            return texts.say("🚫 <b>{name}</b> is refused.", name=name)
    return texts.say("<b>{name}</b> has taken the request back.", name=name)


async def _tell_others(
    visit: Visit, decided: Applicant, chat: Chat | None, standing: Standing
) -> None:
    """Let what the other operators were asked say that it is decided."""
    for operator, message_id in decided.messages.items():
        if operator == visit.chat.id:
            continue
        texts = await _load_texts(visit, operator)
        said = Markup("{}\n{}").format(
            _say_decision(standing, chat, texts), texts.say("Another operator has decided.")
        )
        try:
            await visit.services.messenger.edit(operator, message_id, said, None)
        except SendError as error:
            _log.info("edit_refused", extra={"chat": operator, "reason": error.reason})


async def _tell_applicant(
    visit: Visit, decided: Applicant, chat: Chat | None, standing: Standing
) -> None:
    kind = chat.type if chat else ChatKind.PRIVATE if decided.chat_id > 0 else ChatKind.SUPERGROUP
    theirs = Visit(
        services=visit.services,
        chat=Chat(decided.chat_id, kind, title=chat.title if chat else None,
                  is_forum=chat.is_forum if chat else None),
        topic=0,
        user=None,
        by_chat_itself=False,
        words="",
        subscriber=None,
        texts=visit.services.texts[decided.language],
    )  # fmt: skip
    if standing is Standing.IN:
        await theirs.answer(theirs.texts.say("The operators have let you in. Welcome!"))
        await _welcome(theirs)
    else:
        await theirs.answer(say_refused(theirs.texts))


async def _welcome(visit: Visit) -> None:
    if visit.is_group:
        await greet(visit)
        return
    try:
        await setup.start(replace(visit, words="", message_id=None))
    except NoRoom:  # others came in between
        await say_full(visit)


async def _load_chat(visit: Visit, chat_id: int) -> Chat | None:
    try:
        return await visit.services.bot.get_chat(chat_id, read_timeout=_TELEGRAM_MAY_TAKE_S)  # type: ignore[return-value]
    except TelegramError as error:
        _log.info("applicant_unknown", extra={"chat": chat_id, "reason": error.message})
        return None


async def _load_texts(visit: Visit, operator: int) -> Texts:
    reader, _ = await visit.storage.subscribers.load_place(operator, topic=0)
    return visit.services.texts[reader.language if reader else "en"]
