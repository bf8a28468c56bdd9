"""Reading on demand: /latest, and the digest at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from bot.chat.keyboards import button, is_number
from bot.chat.refused_keywords import say_refused
from bot.chat.sight import look_out
from bot.chat.visit import Visit
from bot.delivery.digest import render_digest, render_story
from bot.delivery.sight import lead_with
from bot.delivery.split import cut, join_blocks
from bot.intake import find_words
from bot.matching import KeywordRefused, parse_keyword
from bot.model import Item, Keyboard, MatchedStory, Subscriber, Telling, ToldStory

_PAGE = 5
#: So many items are looked at together: several may tell one story.
_BATCH = 16
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
    messages = render_digest(
        matched,
        subscriber,
        visit.texts,
        title=title,
        now=visit.now,
        blindness=await look_out(visit),
    )
    for message in messages:
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
    # Whoever finds nothing must not take it for calm.
    html = lead_with(await look_out(visit), html)
    keys = []
    if before is not None:
        keys.append(button(visit.texts.say("« Newest"), f"latest:{words_id}:"))
    if len(items) > _PAGE and (words_id or not words):
        keys.append(
            button(visit.texts.say("Older »"), f"latest:{words_id}:{shown[-1].lead.item.id}")
        )
    return html, [keys] if keys else None


async def _load(visit: Visit, words: str, before: int | None) -> list[MatchedStory]:
    """Return one story more than a page holds, each where its newest item that is asked for is."""
    query = await asyncio.to_thread(parse_keyword, words) if words else None

    def holds(item: Item) -> bool:
        return query is None or find_words(query, item) is not None

    found: list[MatchedStory] = []
    while len(found) <= _PAGE:
        if query is None:
            items = await visit.storage.items.load_latest(before=before, limit=_BATCH)
        else:
            items = await visit.storage.items.load_holding(
                query.anchors, holds, before=before, limit=_BATCH
            )
        stories = await visit.storage.stories.load_of([each.id for each in items])
        for item in items:
            newest = find_newest(stories[item.id], holds) if item.id in stories else None
            if newest is not None and newest.item.id == item.id:
                found.append(MatchedStory(story=stories[item.id], lead=newest))
        if len(items) < _BATCH:
            break
        before = items[-1].id
    return found[: _PAGE + 1]


def find_newest(story: ToldStory, holds: Callable[[Item], bool]) -> Telling | None:
    """Return the newest telling of a story for which *holds* says yes."""
    newest_first = sorted(
        story.tellings, key=lambda each: (each.item.published_at, each.item.id), reverse=True
    )
    return next((each for each in newest_first if holds(each.item)), None)


def _render(
    visit: Visit, subscriber: Subscriber, words: str, items: list[MatchedStory], *, is_first: bool
) -> str:
    if words:
        head = visit.texts.say("<b>Latest</b> · {words}", words=cut(words, 100))
    else:
        head = visit.texts.say("<b>Latest</b>")
    if not items and is_first:
        return f"{head}\n\n{visit.texts.say('Nothing yet.')}"
    if not items:
        return f"{head}\n\n{visit.texts.say('Nothing older.')}"
    lines = [render_story(each, subscriber, visit.texts, visit.now) for each in items]
    pages = join_blocks([f"{head}\n", *lines])
    if len(pages) > 1:
        # What is folded makes it too long: without that, five entries always fit.
        lines = [line.partition("<blockquote")[0] for line in lines]
        pages = join_blocks([f"{head}\n", *lines])
    return pages[0]
