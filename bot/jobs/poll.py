"""Polling: asks the feeds that are due, several at a time, and takes in what they bring."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import datetime, timedelta

from bot.errors import DatabaseError, FeedError
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.model import Feed, PollResult
from bot.storage import Storage

_log = logging.getLogger(__name__)

#: Feeds asked at the same time.
CONCURRENCY = 8
_LONGEST_GAP = timedelta(hours=1)


class PollJob:
    """Polls feeds; a feed that fails is noted and asked ever more rarely, and harms no other."""

    def __init__(
        self, storage: Storage, fetcher: FeedFetcher, worker: ParseWorker, intake: Intake
    ) -> None:
        self._storage = storage
        self._fetcher = fetcher
        self._worker = worker
        self._intake = intake
        self._polling: set[asyncio.Task[PollResult]] = set()
        #: Set when a poll has matched something: deliveries may be owed.
        self.matched = asyncio.Event()

    async def start_due(self, now: datetime) -> None:
        """Begin polls of feeds that are due, as many as there is room for; does not wait."""
        room = CONCURRENCY - len(self._polling)
        for feed in await self._storage.feeds.claim_due(now, room) if room else []:
            task = asyncio.create_task(self._poll(feed, now))
            self._polling.add(task)
            task.add_done_callback(self._polling.discard)

    async def run_round(self, now: datetime) -> list[PollResult]:
        """Poll every feed that is due at *now*, once; return what each brought, by name."""
        results: list[PollResult] = []
        while due := await self._storage.feeds.claim_due(now, CONCURRENCY):
            results += await asyncio.gather(*(self._poll(feed, now) for feed in due))
        return sorted(results, key=lambda result: result.feed)

    async def finish(self, within_s: float) -> None:
        """Let polls that are under way end; what takes longer is dropped and polled again."""
        if self._polling:
            _, late = await asyncio.wait(self._polling, timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _poll(self, feed: Feed, now: datetime) -> PollResult:
        try:
            result = await self._poll_strictly(feed, now)
        except FeedError as error:
            _log.warning("feed_failed", extra={"feed": feed.name, "reason": error.reason})
            return await self._note_failure(feed, error.reason, now)
        except DatabaseError as error:
            # What it brought is not stored; its feed comes due again with its lease.
            _log.error("poll_not_stored", extra={"feed": feed.name, "reason": str(error)})
            return PollResult(feed.name, failed=str(error))
        except Exception:
            # A bug must not end the other polls; its feed comes due again with its lease.
            _log.exception("poll_broke", extra={"feed": feed.name})
            return PollResult(feed.name, failed="an error of ours, see the log")
        if result.items:
            _log.info(
                "feed_polled",
                extra={"feed": feed.name, "new": len(result.items), "matches": result.matches},
            )
        if result.matches:
            self.matched.set()
        return result

    async def _note_failure(self, feed: Feed, reason: str, now: datetime) -> PollResult:
        try:
            next_poll_at = now + _gap(feed, feed.failures + 1)
            await self._storage.feeds.mark_failed(feed.id, reason, next_poll_at)
        except DatabaseError as error:
            _log.error("poll_not_stored", extra={"feed": feed.name, "reason": str(error)})
        return PollResult(feed.name, failed=reason)

    async def _poll_strictly(self, feed: Feed, now: datetime) -> PollResult:
        fetched = await self._fetcher.fetch(feed)
        next_poll_at = now + _gap(feed, 0)
        if fetched is None or fetched.body_hash == feed.body_hash:
            await self._storage.feeds.mark_unchanged(feed.id, next_poll_at, now)
            return PollResult(feed.name, not_modified=True)
        parsed = await self._worker.parse(
            fetched.body, fetched.content_type, fetched.url, feed.timezone
        )
        taken = await self._intake.take_in(feed, fetched, parsed, next_poll_at, now)
        return PollResult(
            feed.name, items=taken.items, matches=taken.matches, first=not feed.polled_before
        )


def _gap(feed: Feed, failures: int) -> timedelta:
    """Return how long to leave a feed alone: its interval, longer after failures, spread a little.

    A dead host then costs one request an hour, and feeds do not fall into step.
    """
    gap_s = feed.every_s * 2.0 ** min(failures, 12)
    longest_s = max(_LONGEST_GAP.total_seconds(), feed.every_s)
    spread = 1 + 0.1 * random.random()  # noqa: S311 - not a secret
    return timedelta(seconds=min(gap_s, longest_s) * spread)
