"""/broadcast: an operator's words to all who are written to, shown before they go."""

from __future__ import annotations

import re

from markupsafe import Markup

from bot.chat.keyboards import button, is_number
from bot.chat.settings import say_admins_only
from bot.chat.visit import Visit
from bot.delivery.broadcast import MOST_UNITS, render_broadcast, say_progress, say_readers
from bot.delivery.split import count_units
from bot.model import Broadcast, Keyboard, Stage
from bot.sending.broadcasts import carry_broadcasts
from bot.texts import LANGUAGES, Texts

_LANGUAGES = re.compile(rf"((?:(?:{'|'.join(LANGUAGES)})[\s,]+)+)(.*)", re.DOTALL | re.IGNORECASE)


async def serve_broadcast(visit: Visit) -> None:
    """Show what would be sent, and to how many; nothing goes out before the button."""
    texts, storage = visit.texts, visit.storage.broadcasts
    languages, text = _read(visit.words)
    if not text:
        await _say_how(visit)
        return
    if count_units(text) > MOST_UNITS:
        await visit.answer(
            texts.say(
                "That is too long for one message: {units} of {most} characters.",
                units=count_units(text),
                most=MOST_UNITS,
            )
        )
        return
    counts = await storage.count_readers(languages)
    if not counts:
        await visit.answer(texts.say("Nobody is written to in these languages."))
        return
    draft = await storage.draft(text, languages, visit.chat.id, visit.now)
    shown = languages[0] if len(languages) == 1 else texts.language
    await visit.answer(render_broadcast(text, visit.services.texts[shown]))
    await visit.answer(say_readers(counts, texts), _draft_keyboard(draft, texts))


async def broadcast_tapped(visit: Visit) -> None:
    """Send a draft, drop it, or end what is on its way, as the operator's button says."""
    texts, desk = visit.texts, visit.services.desk
    verb, _, number = visit.words.partition(":")
    if desk is None or visit.chat.id not in desk.admins or not is_number(number):
        await visit.toast(say_admins_only(texts), alert=True)
        return
    storage, broadcast_id = visit.storage.broadcasts, int(number)
    await visit.toast()
    if verb == "send":
        if await storage.start(broadcast_id, visit.chat.id, visit.message_id):
            services = visit.services
            await carry_broadcasts(visit.storage, services.messenger, services.texts, visit.now)
            return
    elif verb == "stop":
        stage = await storage.cancel(broadcast_id, visit.chat.id)
        if stage is Stage.DRAFT:
            await visit.change(texts.say("Nothing is sent."))
            return
        if stage is Stage.SENDING:
            await visit.change(await _say_stopped(visit, broadcast_id))
            return
    await _show(visit, await storage.load(broadcast_id))


async def _show(visit: Visit, broadcast: Broadcast | None) -> None:
    """Say what became of a broadcast whose button was tapped too late."""
    if broadcast is None or broadcast.stage is Stage.DRAFT:
        await visit.change(visit.texts.say("This is not yours to send, or too old: type it again."))
        return
    if broadcast.stage is Stage.CANCELLED:
        await visit.change(await _say_stopped(visit, broadcast.id))
        return
    progress = await visit.storage.broadcasts.load_progress(broadcast.id)
    keyboard = _stop_keyboard(broadcast.id, visit.texts)
    await visit.change(
        say_progress(progress, visit.texts), keyboard if broadcast.stage is Stage.SENDING else None
    )


async def _say_stopped(visit: Visit, broadcast_id: int) -> Markup:
    progress = await visit.storage.broadcasts.load_progress(broadcast_id)
    return visit.texts.count(
        "📣 Stopped. {n} chat has it already.",
        "📣 Stopped. {n} chats have it already.",
        max(0, progress.owed - progress.missed),
    )


async def _say_how(visit: Visit) -> None:
    texts = visit.texts
    lines = [
        texts.say(
            "<code>/broadcast</code> TEXT — to all who are written to; <code>/broadcast ru hy"
            "</code> TEXT — to those who are told in these languages. You see it first."
        )
    ]
    for each in await visit.storage.broadcasts.load_sending():
        progress = await visit.storage.broadcasts.load_progress(each.id)
        lines.append(say_progress(progress, texts))
    await visit.answer(Markup("\n\n").join(lines))


def _read(words: str) -> tuple[tuple[str, ...], str]:
    """Return the languages that are named first, and the text."""
    named = _LANGUAGES.fullmatch(f"{words} ")
    if named is None:
        return (), words.strip()
    chosen = re.split(r"[\s,]+", named[1].strip().strip(",").lower())
    return tuple(each for each in LANGUAGES if each in chosen), named[2].strip()


def _draft_keyboard(broadcast_id: int, texts: Texts) -> Keyboard:
    return [
        [
            button(texts.say("Send"), f"cast:send:{broadcast_id}"),
            button(texts.say("Cancel"), f"cast:stop:{broadcast_id}"),
        ]
    ]


def _stop_keyboard(broadcast_id: int, texts: Texts) -> Keyboard:
    return [[button(texts.say("Stop sending"), f"cast:stop:{broadcast_id}")]]
