"""The digest at once: what the last day brought, and what came during a pause; page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from markupsafe import Markup

from bot.chat.keyboards import is_number
from bot.chat.sight import look_out
from bot.chat.visit import Visit
from bot.delivery.digest import rank_stories, render_digest
from bot.delivery.digest_pages import DigestSpan, find_span, page_buttons
from bot.model import MatchedStory

_DIGEST_NOW = timedelta(hours=24)
#: Whoever has just begun sees so many stories of the last day.
_SAMPLE_STORIES = 5


async def send_digest_now(visit: Visit) -> None:
    """Answer with what the last day brought on the subscriber's keywords."""
    keywords = await visit.storage.keywords.load(visit.reader.id)
    if not keywords:
        await visit.answer(
            visit.texts.say("A digest needs keywords. For example: <code>/add border</code>")
        )
        return
    after, matched = await _load_day(visit)
    await _answer(visit, visit.texts.say("📰 <b>The last 24 hours</b>"), matched, after)


async def send_sample(visit: Visit) -> None:
    """Answer with the weightiest that the last day would have brought, if anything is followed."""
    if not await visit.storage.keywords.load(visit.reader.id):
        return
    _, matched = await _load_day(visit)
    title = visit.texts.say("📰 <b>What the last 24 hours would have brought you</b>")
    best = await asyncio.to_thread(rank_stories, matched)
    more = max(len(matched) - _SAMPLE_STORIES, 0)
    messages = await _render(visit, title, best[:_SAMPLE_STORIES], left_out=more)
    if more:
        said = visit.texts.say(
            "… and {n} more: <code>{command}</code>", n=more, command="/digest now"
        )
        messages[-1] = f"{messages[-1]}\n\n{said}"
    for message in messages:
        await visit.answer(message)


async def show_missed(visit: Visit) -> None:
    """Show by story what came during the last pause."""
    await visit.toast()
    _, since = await visit.storage.pausing.load_pause(visit.reader.id)
    matched = await visit.storage.matches.load_digest(visit.reader.id, after=since)
    title = visit.texts.say("📰 <b>What came during your pause</b>")
    await _answer(visit, title, matched, since)


async def turn_digest(visit: Visit) -> None:
    """Show another page of a digest, in place."""
    numbers = visit.words.split(":")
    await visit.toast()
    if len(numbers) != 3 or not all(is_number(each) for each in numbers):
        return
    after, upto, page = (int(each) for each in numbers)
    matched = await visit.storage.matches.load_digest(visit.reader.id, after=after, upto=upto)
    messages = await _render(visit, visit.texts.say("📰 <b>Your digest</b>"), matched)
    page = min(page, len(messages) - 1)
    buttons = page_buttons(DigestSpan(after, upto), page, len(messages), visit.texts)
    await visit.change(messages[page], buttons)


async def _load_day(visit: Visit) -> tuple[int, list[MatchedStory]]:
    after = await visit.storage.matches.load_first_item_since(visit.now - _DIGEST_NOW)
    return after, await visit.storage.matches.load_digest(visit.reader.id, after=after)


async def _answer(visit: Visit, title: Markup, matched: Sequence[MatchedStory], after: int) -> None:
    messages = await _render(visit, title, matched)
    span = find_span(matched, after)
    await visit.answer(messages[0], page_buttons(span, 0, len(messages), visit.texts))


async def _render(
    visit: Visit, title: Markup, matched: Sequence[MatchedStory], *, left_out: int = 0
) -> list[str]:
    # In a thread: of a thousand stories the weightiest are looked for.
    return await asyncio.to_thread(
        render_digest,
        matched,
        visit.reader,
        visit.texts,
        title=title,
        now=visit.now,
        blindness=await look_out(visit),
        left_out=left_out,
    )
