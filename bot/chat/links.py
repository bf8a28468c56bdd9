"""Links to this bot that carry keywords: opened, they are offered; /share makes them.

Telegram passes on at most 64 characters of A-Z, a-z, 0-9, "_" and "-" after `?start=`:
core.telegram.org/bots/features#deep-linking. A keyword stands in them itself where it fits; a list
is kept under a mark that says nothing of who made it.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from markupsafe import Markup

from bot.chat.keyboards import button, is_number, rows
from bot.chat.keywords import follow, load_words
from bot.chat.visit import Visit
from bot.delivery.split import cut
from bot.model import Keyboard

_MOST_PAYLOAD = 64
_WORDS, _LIST = "w_", "l_"
#: `?start=border`, `?start=nikol-pashinyan`: what a person can write into a page by hand.
_PLAIN = re.compile(r"[A-Za-z]{3,}(?:-[A-Za-z]+)*")
_SHOWN = 60
#: So many of a list have a button of their own.
_OF_THEIR_OWN = 10


async def open_link(visit: Visit) -> bool:
    """Offer what the link holds by which somebody came; say whether it was one of ours."""
    payload = visit.words
    words = await _read(visit, payload)
    if words is None:
        return False
    if not words:
        await visit.answer(
            visit.texts.say("This link is too old, or was cut. Ask for a new one, or begin: /start")
        )
        return True
    subscriber = await visit.open_subscriber()
    words_id = await visit.storage.subscribers.save_words(
        subscriber.id, "\n".join(words), visit.now
    )
    await visit.answer(*await _offer(visit, words, words_id))
    return True


async def link_tapped(visit: Visit) -> None:
    """Follow what a link holds, all of it or one, as the button says."""
    words_id, _, which = visit.words.partition(":")
    found = await load_words(visit, words_id)
    if found is None:
        return
    words = found.split("\n")
    if which and (not is_number(which) or int(which) >= len(words)):
        await visit.toast()
        return
    mine = await _find_mine(visit)
    for each in [words[int(which)]] if which else words:
        if each.casefold() not in mine and await follow(visit, each, whole=True) is None:
            break  # it was said why
    else:
        await visit.toast(visit.texts.say("Saved."))
    await visit.change(*await _offer(visit, words, int(words_id)))


async def share(visit: Visit) -> None:
    """Answer with a link by which anybody can follow the same: one's list, or the words typed."""
    texts, username = visit.texts, visit.services.bot.username
    if visit.words:
        words = [" ".join(visit.words.split())]
    else:
        subscriber = visit.subscriber
        keywords = await visit.storage.keywords.load(subscriber.id) if subscriber else []
        words = [each.typed for each in keywords]
    if not words:
        await visit.answer(
            texts.say(
                "You follow nothing yet. "
                "Type a word after the command, for example: <code>/add border</code>"
            )
        )
        return
    payload = pack(words)
    kept = Markup()
    if payload is None:
        payload = _LIST + await visit.storage.sharing.save(words, visit.now)
        kept = texts.say(
            "It works for a year, and keeps this list as it is now, whatever you change or erase."
        )
    said = texts.count(
        "Whoever opens this link is offered {n} keyword to follow. It does not say whose it is:",
        "Whoever opens this link is offered {n} keywords to follow. It does not say whose they "
        "are:",
        len(words),
    )
    link = Markup("https://t.me/{}?start={}").format(username, payload)
    await visit.answer(Markup("\n\n").join(filter(None, (said, link, kept))))


async def _offer(visit: Visit, words: Sequence[str], words_id: int) -> tuple[str, Keyboard]:
    texts, mine = visit.texts, await _find_mine(visit)
    head = texts.count(
        "<b>{n} keyword is offered to you</b>",
        "<b>{n} keywords are offered to you</b>",
        len(words),
    )
    lines = [
        Markup("{} {}").format("✓" if each.casefold() in mine else "•", cut(each, _SHOWN))
        for each in words
    ]
    left = [index for index, each in enumerate(words) if each.casefold() not in mine]
    keyboard: Keyboard = []
    if left:
        singly = (button(f"+ {words[each]}", f"link:{words_id}:{each}") for each in left)
        keyboard = [
            [button(texts.count("Follow it", "Follow all", len(left)), f"link:{words_id}")],
            *(rows([*singly][:_OF_THEIR_OWN], 2) if len(left) > 1 else ()),
        ]
    next_step = button(texts.say("Next ›"), "setup:when")
    return Markup("\n").join([head, *lines]), [*keyboard, [next_step]]


async def _find_mine(visit: Visit) -> frozenset[str]:
    subscriber = await visit.open_subscriber()
    keywords = await visit.storage.keywords.load(subscriber.id)
    return frozenset(each.typed.casefold() for each in keywords)


async def _read(visit: Visit, payload: str) -> list[str] | None:
    """Return the keywords of a link; none where they are lost, None for no link of ours."""
    if payload.startswith(_LIST):
        return await visit.storage.sharing.load(payload.removeprefix(_LIST))
    if payload.startswith(_WORDS):
        return _unpack(payload.removeprefix(_WORDS))
    return [payload.replace("-", " ")] if _PLAIN.fullmatch(payload) else None


def pack(words: Sequence[str]) -> str | None:
    """Return a link's payload that holds the keywords itself; None where they do not fit."""
    packed = _WORDS + urlsafe_b64encode("\n".join(words).encode()).decode().rstrip("=")
    return packed if len(packed) <= _MOST_PAYLOAD else None


def _unpack(packed: str) -> list[str]:
    try:
        text = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return []
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]
