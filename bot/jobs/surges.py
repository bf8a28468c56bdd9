"""Looking for surges: who follows a keyword is owed one notice of unusually many stories on it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.model import Surge
from bot.storage import Storage
from bot.stories.surge import (
    FEWEST_STORIES,
    HISTORY,
    QUIET_AFTER,
    WINDOW,
    SurgeVerdict,
    decide_surge,
    find_silent_hours,
    hour_of,
    start_of,
)

_log = logging.getLogger(__name__)

#: The hours beside the same hour of the first day of the history.
_BESIDE = timedelta(hours=3)


async def owe_surges(storage: Storage, now: datetime) -> int:
    """Note the keywords that surge now and owe their notices; return how many surge anew."""
    quiet_since = now - QUIET_AFTER
    found = 0
    for keyword_id in await storage.trends.load_busy(now - WINDOW, FEWEST_STORIES, quiet_since):
        verdict = await _judge(storage, keyword_id, now)
        _log.info(
            "surge_judged",
            extra={
                "keyword": keyword_id,
                "reason": str(verdict.reason),
                "stories": verdict.stories,
                "usual": round(verdict.usual, 2),
                "families": verdict.families,
                "silent_hours": len(verdict.left_out) or None,
            },
        )
        if verdict.is_surge:
            surge = Surge(
                keyword_id=keyword_id,
                at=now,
                stories=verdict.stories,
                families=verdict.families,
                usual=verdict.usual,
                left_out=len(verdict.left_out),
            )
            found += await storage.trends.save_surge(surge, quiet_since)
    while await storage.trends.owe_notices():
        pass
    return found


async def _judge(storage: Storage, keyword_id: int, now: datetime) -> SurgeVerdict:
    since = now - HISTORY - _BESIDE
    recent = await storage.trends.load_recent(keyword_id, now - WINDOW)
    history: dict[int, int] = {}
    for count in await storage.trends.load_counts([keyword_id], since, now - WINDOW):
        history[count.hour] = history.get(count.hour, 0) + count.stories
    first = hour_of(since)
    silent = find_silent_hours(await storage.trends.load_heard(first), first, now)
    followed_since = await storage.trends.load_followed_since(keyword_id) or now
    first_heard = await storage.trends.load_first_heard()
    known_since = max(followed_since, start_of(first_heard) if first_heard is not None else now)
    return decide_surge(recent, history, silent, known_since, now)
