"""Strangers: whoever no operator has let in is told how to ask, and nothing else is done."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup
from telegram import Chat

from bot.chat.keyboards import button
from bot.chat.visit import Visit
from bot.model import ChatKind, Keyboard, Standing
from bot.texts import Texts

#: How the bot's coming into a group is called here, beside the names of commands and buttons.
JOINED = "joined"
#: What says what is kept, asks to be let in, or answers an operator.
_FOR_ALL = frozenset({"privacy", "ask", "let"})
_STOPS = frozenset({"stop", "forget_me"})


async def is_let_in(visit: Visit, what: str) -> bool:
    """Say whether a visit may go on; a stranger's is answered. *what*: its command or button."""
    terms = visit.services.terms
    if not terms.approved_only or what in _FOR_ALL or visit.room in terms.admins:
        return True
    if visit.subscriber is not None and visit.from_chat is None:
        return True
    standing = await visit.storage.applicants.load_standing(visit.room)
    if standing is Standing.IN:
        return True
    if standing is not Standing.REFUSED and await _is_vouched_for(visit, what):
        await visit.storage.applicants.let_in(visit.room, visit.texts.language, visit.now)
        return True
    if what in _STOPS and not visit.is_group:
        await _withdraw(visit, standing)
    else:
        await _answer(visit, standing)
    return False


async def is_full(visit: Visit) -> bool:
    """Say whether no new subscriber is taken from here."""
    most = visit.services.terms.most_for(visit.room)
    return most is not None and await visit.storage.subscribers.count() >= most


async def say_full(visit: Visit) -> None:
    """Tell a newcomer that there is no room."""
    if visit.chat.type == ChatKind.CHANNEL and visit.from_chat is None:
        return
    said = visit.texts.say(
        "This Sahman writes to as many as its operators can serve, and takes nobody new just now. "
        "Nothing is followed here. Try again in some days."
    )
    await visit.toast()
    await visit.answer(said)


def say_asked(texts: Texts) -> Markup:
    """Return what is said to who has asked, until an operator decides."""
    return texts.say(
        "The operators have your request. Nothing is followed yet: I write here as soon as they "
        "have decided. To take it back: /stop"
    )


def ask_keyboard(texts: Texts) -> Keyboard:
    """Return the button by which a stranger asks."""
    return [[button(texts.say("Ask to be let in"), "ask:")]]


async def _is_vouched_for(visit: Visit, what: str) -> bool:
    """Say whether somebody who is let in brings the bot into their group, or decides there."""
    if visit.user is None or visit.chat.type not in (ChatKind.GROUP, ChatKind.SUPERGROUP):
        return False
    person = visit.user.id
    if person not in visit.services.terms.admins:
        standing = await visit.storage.applicants.load_standing(person)
        if standing is not Standing.IN:
            return False
    return what == JOINED or await visit.may_change_settings()


async def _withdraw(visit: Visit, standing: Standing) -> None:
    texts = visit.texts
    await visit.toast()
    if standing is Standing.ASKED and await visit.storage.applicants.withdraw(visit.room):
        await visit.answer(texts.say("Your request is erased. I know nothing about you any more."))
    elif standing is Standing.REFUSED:
        await _answer(visit, standing)
    else:
        await visit.answer(texts.say("I know nothing about you. To begin: /start"))


async def _answer(visit: Visit, standing: Standing) -> None:
    await visit.toast()
    if visit.from_chat is not None:
        visit = replace(visit, chat=Chat(visit.from_chat, ChatKind.PRIVATE), from_chat=None)
    elif visit.chat.type == ChatKind.CHANNEL:
        return  # everybody would read it
    texts = visit.texts
    if standing is Standing.REFUSED:
        if await visit.storage.applicants.may_answer(visit.room, visit.now):
            await visit.answer(say_refused(texts))
    elif standing is Standing.ASKED:
        await visit.answer(say_asked(texts))
    elif await is_full(visit):
        await say_full(visit)
    elif visit.is_group:
        said = texts.say(
            "<b>Sahman</b> tells what the news prints, and this one writes only where its "
            "operators have let it in. Nothing is followed here yet. An admin of this group may "
            "ask them: they see the group's name and who asks; I keep the group's number, and "
            "that it asked."
        )
        await visit.answer(said, ask_keyboard(texts))
    else:
        said = texts.say(
            "<b>Sahman</b> tells what the news prints, and this one writes only to those whom its "
            "operators have let in. Nothing is followed yet, and I have not kept what you typed: "
            "type it again once you are in.\n\n"
            "Ask by the button: they see your first name; I keep the number of this chat, and that "
            "you asked."
        )
        await visit.answer(said, ask_keyboard(texts))


def say_refused(texts: Texts) -> Markup:
    """Return what is said to who was refused."""
    return texts.say(
        "The operators of this Sahman cannot take you in, and nothing is followed here. Thank you "
        "for asking. Its program is free: others, or you, may run one too."
    )
