"""Reading on demand: /latest, and the digest at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.chat.keyboards import button, is_number
from bot.chat.refused_keywords import say_refused
from bot.chat.visit import Visit
from bot.delivery.outages import add_outage
from bot.delivery.render import render_digest, render_line
from bot.delivery.split import cut, join_blocks
from bot.intake import find_words
from bot.matching import KeywordRefused, parse_keyword
from bot.model import Item, Keyboard, Subscriber

_PAGE = 5
_DIGEST_NOW = timedelta(hours=24)


async def latest(visit: Visit) -> None:
    """Show the newest items: all, or those that satisfy the words typed."""
    words = " ".join(visit.words.split())
    words_id = 0
    subscriber = visit.reader
    if words and not visit.is_group:
        subscriber = await visit.open_subscriber()
    if words and subscriber.id:
        words_id = await visit.storage.subscribers.save_words(subscriber.id, words, visit.now)
    page = await _page(visit, subscriber, words, words_id, before=None)
    if page is not None:
        await visit.answer(*page)


async def turn_page(visit: Visit) -> None:
    """Show the page that the button stands for, in the same message."""
    words_id, _, before = visit.words.partition(":")
    subscriber = visit.reader
    words: str | None = ""
    if is_number(words_id) and int(words_id):
        words = await visit.storage.subscribers.load_words(subscriber.id, int(words_id))
    if words is None or not is_number(words_id) or (before and not is_number(before)):
        await visit.toast(visit.texts.say("This button is too old. Type it again."), alert=True)
        return
    await visit.toast()
    page = await _page(
        visit, subscriber, words, int(words_id), before=int(before) if before else None
    )
    if page is not None:
        await visit.change(*page)


async def send_digest_now(visit: Visit) -> None:
    """Answer with what the last day brought on the subscriber's keywords."""
    subscriber = visit.reader
    keywords = await visit.storage.keywords.load(subscriber.id)
    if not keywords:
        await visit.answer(
            visit.texts.say("A digest needs keywords. For example: <code>/add border</code>")
        )
        return
    after = await visit.storage.matches.load_first_item_since(visit.now - _DIGEST_NOW)
    matched = await visit.storage.matches.load_digest(subscriber.id, after=after)
    title = visit.texts.say("📰 <b>The last 24 hours</b>")
    messages = render_digest(matched, subscriber, visit.texts, title=title, now=visit.now)
    outages = await visit.storage.health.load_outages()
    for message in add_outage(messages, outages, visit.texts, visit.now):
        await visit.answer(message)


async def _page(
    visit: Visit, subscriber: Subscriber, words: str, words_id: int, before: int | None
) -> tuple[str, Keyboard | None] | None:
    try:
        items = await _load(visit, words, before)
    except KeywordRefused as refused:
        await visit.answer(say_refused(refused, visit.texts, words, "/latest"))
        return None
    shown = items[:_PAGE]
    html = _render(visit, subscriber, words, shown, is_first=before is None)
    keys = []
    if before is not None:
        keys.append(button(visit.texts.say("« Newest"), f"latest:{words_id}:"))
    if len(items) > _PAGE and (words_id or not words):
        keys.append(button(visit.texts.say("Older »"), f"latest:{words_id}:{shown[-1].id}"))
    return html, [keys] if keys else None


async def _load(visit: Visit, words: str, before: int | None) -> list[Item]:
    if not words:
        return await visit.storage.items.load_latest(before=before, limit=_PAGE + 1)
    query = await asyncio.to_thread(parse_keyword, words)
    return await visit.storage.items.load_holding(
        query.anchors,
        lambda item: find_words(query, item) is not None,
        before=before,
        limit=_PAGE + 1,
    )


def _render(
    visit: Visit, subscriber: Subscriber, words: str, items: list[Item], *, is_first: bool
) -> str:
    if words:
        head = visit.texts.say("<b>Latest</b> · {words}", words=cut(words, 100))
    else:
        head = visit.texts.say("<b>Latest</b>")
    if not items and is_first:
        return f"{head}\n\n{visit.texts.say('Nothing yet.')}"
    if not items:
        return f"{head}\n\n{visit.texts.say('Nothing older.')}"
    lines = [render_line(item, subscriber, visit.texts, visit.now) for item in items]
    # Five lines of bounded length always fit one message.
    return join_blocks([f"{head}\n", *lines])[0]
