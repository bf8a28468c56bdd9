"""How often what one follows is in the news: /trends, a picture, and its buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.chat.followed import find_same
from bot.chat.keyboards import button, is_number
from bot.chat.visit import Visit
from bot.delivery.split import cut
from bot.delivery.trends import begin_span, make_chart, make_trend, render_caption, render_table
from bot.model import Keyboard, Keyword, Span, Theme
from bot.storage.keywords import LOOK_BACK
from bot.stories.surge import find_silent_hours, hour_of
from bot.texts import Texts

_SHOWN = 100
_ALL = 0


async def trends(visit: Visit) -> None:
    """Draw the last two days of a keyword, or of all that are followed here."""
    keywords = await visit.storage.keywords.load(visit.reader.id)
    if not keywords:
        await visit.answer(
            visit.texts.say("Trends need keywords. For example: <code>/add border</code>")
        )
        return
    keyword_id = _ALL
    if visit.words:
        found = await asyncio.to_thread(find_same, keywords, visit.words)
        if found is None:
            await _offer(visit)
            return
        keyword_id = found.id
    await _show(visit, keywords, keyword_id, Span.HOURS, Theme.LIGHT)


async def turn_trends(visit: Visit) -> None:
    """Draw what the button says, in the same message."""
    keyword_id, _, how = visit.words.partition(":")
    span, _, theme = how.partition(":")
    keywords = await visit.storage.keywords.load(visit.reader.id)
    known = {str(_ALL), *(str(each.id) for each in keywords)}
    if not keywords or keyword_id not in known or not is_number(keyword_id):
        await visit.toast(visit.texts.say("This button is too old. Type it again."), alert=True)
        return
    await visit.toast()
    if span in set(Span) and theme in set(Theme):
        await _show(visit, keywords, int(keyword_id), Span(span), Theme(theme))


async def _offer(visit: Visit) -> None:
    """Say that only what is followed is counted, and offer to follow it."""
    said = visit.texts.say(
        "I count only what you follow, and you do not follow “<b>{keyword}</b>”.",
        keyword=cut(visit.words, _SHOWN),
    )
    if visit.is_group:  # who only reads leaves no words here
        await visit.answer(said)
        return
    words_id = await visit.storage.subscribers.save_words(visit.reader.id, visit.words, visit.now)
    label = visit.texts.say("Add it to my keywords")
    await visit.answer(said, [[button(label, f"follow:{words_id}")]])


async def _show(
    visit: Visit, keywords: Sequence[Keyword], keyword_id: int, span: Span, theme: Theme
) -> None:
    texts, zone, now = visit.texts, visit.reader.zone, visit.now
    shown = [each for each in keywords if keyword_id in (_ALL, each.id)]
    name = shown[0].typed if len(shown) == 1 else str(texts.say("all you follow"))
    ids = [each.id for each in shown]
    storage = visit.storage
    # Of what was printed before they followed it, a day was looked through; not what others, who
    # may have followed it before, were told.
    followed_since = await storage.keywords.load_since(visit.reader.id, ids) or now
    since = max(begin_span(span, zone, now), followed_since - LOOK_BACK)
    # Before Sahman first heard anything there was no silence.
    first = max(hour_of(since), await storage.trends.load_first_heard() or hour_of(now))
    heard = await storage.trends.load_heard(first)
    trend = make_trend(
        await storage.trends.load_counts(ids, since, now),
        await storage.trends.load_surges(ids, since),
        find_silent_hours(heard, first, now),
        span=span,
        zone=zone,
        since=since,
        now=now,
    )
    caption = render_caption(trend, name, zone, texts)
    await visit.answer_picture(
        make_chart(trend, name, zone, texts, theme),
        caption,
        render_table(trend, caption, zone, texts),
        _keyboard(keyword_id, span, theme, texts),
    )


def _keyboard(keyword_id: int, span: Span, theme: Theme, texts: Texts) -> Keyboard:
    said = {
        Span.HOURS: texts.say("48 hours"),
        Span.DAYS: texts.say("14 days"),
        Span.MONTH: texts.say("30 days"),
    }
    spans = [
        button(
            f"✓ {label}" if each is span else str(label),
            f"trends:{keyword_id}:{each}:{theme}",
        )
        for each, label in said.items()
    ]
    other = Theme.LIGHT if theme is Theme.DARK else Theme.DARK
    label = texts.say("☀ Light") if other is Theme.LIGHT else texts.say("🌙 Dark")
    return [spans, [button(label, f"trends:{keyword_id}:{span}:{other}")]]
