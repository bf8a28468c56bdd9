"""What the archive holds of a request, story by story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.delivery.requests import Request
from bot.model import Item, MatchedStory, Telling, ToldStory
from bot.storage import Storage
from bot.storage.archive import Within

#: So many items are looked at together: several may tell one story.
_BATCH = 24


def find_newest(story: ToldStory, holds: Callable[[Item], bool]) -> Telling | None:
    """Return the newest telling of a story for which *holds* says yes."""
    newest_first = sorted(
        story.tellings, key=lambda each: (each.item.published_at, each.item.id), reverse=True
    )
    return next((each for each in newest_first if holds(each.item)), None)


async def find_stories(
    storage: Storage,
    request: Request,
    wanted: int,
    *,
    before: int | None,
    since: datetime | None = None,
) -> list[MatchedStory]:
    """Return the newest stories that are asked for, each where its newest item of these is.

    Nothing of before *since*, where the request says no time itself.
    """
    items, query = storage.items, request.query
    period = request.period
    within = Within(
        languages=request.languages,
        publishers=request.publishers,
        since=period.since if period is not None else since,
        until=period.until if period is not None else None,
    )
    found: list[MatchedStory] = []
    while len(found) < wanted:
        if query is None:
            some = await items.load_latest(before=before, limit=_BATCH, within=within)
        else:
            some = await items.load_holding(
                query.anchors,
                request.holds,
                before=before,
                limit=_BATCH,
                also=query.second_anchors,
                within=within,
            )
        stories = await storage.stories.load_of([each.id for each in some])
        for item in some:
            if item.id in stories:
                newest = find_newest(stories[item.id], request.holds)
                if newest is not None and newest.item.id == item.id:
                    found.append(MatchedStory(story=stories[item.id], lead=newest))
        if len(some) < _BATCH:
            break
        before = some[-1].id
    return found[:wanted]
