"""Looking whether there is a report, for whoever asks, and for those who want it once a day."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from bot.delivery.no_report import PRINTED_LATE, Asked, find_held, is_report, render_no_report
from bot.delivery.sight import find_heard_since
from bot.matching import WIDENED, KeywordRefused, Query, holds, parse_keyword, read_text
from bot.model import Item, Subscriber
from bot.storage import Storage
from bot.storage.archive import Within
from bot.stories.surge import hour_of
from bot.texts import Texts

_LOOK_BACK = timedelta(hours=24)


async def say_no_report(
    storage: Storage,
    subscriber: Subscriber,
    words: str | None,
    texts: Texts,
    now: datetime,
    *,
    within: int | None = None,
) -> list[str]:
    """Return what is known of *words*, or of each of one's keywords: the newest report, or none.

    *within* the digest of this id, which tells reports itself: only what there is none of. No
    message at all where there is nothing to ask about. Raises KeywordRefused for words that cannot
    be looked for.
    """
    if words is not None:
        asked = [(words, await asyncio.to_thread(parse_keyword, words))]
    else:
        keywords = await storage.keywords.load(subscriber.id)
        asked = await asyncio.to_thread(
            lambda: [
                (each.typed, query)
                for each in keywords
                if (query := _parse(each.typed, wide=WIDENED in each.query)) is not None
            ]
        )
    if not asked:
        return []
    # In this order: what arrives meanwhile is found, or waits.
    heard = await storage.health.load_heard(hour_of(now - _LOOK_BACK))
    heard_since = find_heard_since(heard, now)
    waiting = 0
    if subscriber.id:
        waiting = await storage.deliveries.count_waiting(subscriber.id, besides=within or 0)
    since = now - _LOOK_BACK
    found = [
        Asked(typed=typed, report=await _find_report(storage, query, since))
        for typed, query in asked
    ]
    if within is not None:
        found = [each for each in found if each.report is None]
        if not found:
            return []
    return render_no_report(
        found,
        await storage.health.load_sight(),
        heard_since,
        find_held(subscriber, waiting, heard_since),
        subscriber,
        texts,
        now,
    )


async def _find_report(storage: Storage, query: Query, since: datetime) -> Item | None:
    def holds_in(item: Item) -> bool:
        if not is_report(item, since):
            return False
        text = read_text(f"{item.title}\n{item.summary}")
        return holds(query, text, language=item.language, publisher=item.publisher) is not None

    found = await storage.items.load_holding(
        query.anchors,
        holds_in,
        before=None,
        limit=1,
        also=query.second_anchors,
        within=Within(since=since - PRINTED_LATE),
    )
    return found[0] if found else None


def _parse(typed: str, *, wide: bool) -> Query | None:
    try:
        return parse_keyword(typed, wide=wide)
    except KeywordRefused:
        return None  # followed since it was still accepted
