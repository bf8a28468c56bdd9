"""Polling: asks the feeds that are due, several at a time, and takes in what they bring."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime

from bot.errors import DatabaseError, FeedBusy, FeedEmpty, FeedError, FeedGone
from bot.feeds.fetch import FeedFetcher, FetchedFeed
from bot.feeds.manners import Ceilings, is_asked_whole, next_allowed_at, next_poll_at, next_try_at
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.model import Feed, PollResult
from bot.storage import Storage
from bot.storage.poll_notes import Failed, Unchanged

_log = logging.getLogger(__name__)

#: Feeds asked at the same time, at most two of one host.
CONCURRENCY = 16
_CLAIM = 64
_CLAIMED_AHEAD = 48
_TICK_S = 2.0
#: Between claims that find less than there is room for: a claim costs as much as ten polls.
_CLAIM_PAUSE_S = 0.05
#: So many failures in a row where a redirect leads, and a feed's own address is asked again.
_STAYS_MOVED = 2


class PollJob:
    """Polls feeds; a feed that fails is noted and asked ever more rarely, and harms no other."""

    def __init__(
        self,
        storage: Storage,
        fetcher: FeedFetcher,
        worker: ParseWorker,
        intake: Intake,
        ceilings: Ceilings | None = None,
    ) -> None:
        self._storage = storage
        self._fetcher = fetcher
        self._worker = worker
        self._intake = intake
        self._ceilings = ceilings or Ceilings()
        self._polling: dict[asyncio.Task[PollResult], Feed] = {}
        self._round: asyncio.Task[None] | None = None
        self._claiming: asyncio.Task[int] | None = None
        #: Set when a poll or a claim has ended.
        self._stirred = asyncio.Event()
        self._now = datetime.min.replace(tzinfo=UTC)
        #: Held for us and not asked yet: a claim for each feed would cost more than the feed.
        self._claimed: deque[Feed] = deque()
        self._notes: list[Unchanged | Failed] = []
        #: Set when a poll has matched something: deliveries may be owed.
        self.matched = asyncio.Event()
        #: Set when a feed was found gone: operators are to be told.
        self.gone = asyncio.Event()

    async def start_due(self, now: datetime) -> None:
        """Begin to poll what is due, as much as there is room for; does not wait."""
        self._now = now
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._go_on())

    async def run_round(self, now: datetime) -> list[PollResult]:
        """Poll every feed that is due at *now*, once; return what each brought, by name."""
        self._now = now
        results = await self._drain(patience_s=None)
        await self._save_notes()
        return sorted(results, key=lambda result: result.feed)

    async def finish(self, within_s: float) -> None:
        """Let polls that are under way end; what takes longer is dropped and polled again."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
        if self._claiming is not None:
            await asyncio.gather(self._claiming, return_exceptions=True)
        if self._polling:
            _, late = await asyncio.wait(self._polling, timeout=within_s)
            # They would be held for minutes after a restart, with the news they bring.
            self._claimed.extend(self._polling[task] for task in late)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._save_notes()

    async def _go_on(self) -> None:
        try:
            await self._drain(patience_s=_TICK_S)
        except DatabaseError as error:
            _log.error("polls_not_claimed", extra={"reason": str(error)})

    async def _drain(self, patience_s: float | None) -> list[PollResult]:
        """Poll until nothing is due any more and nothing is under way.

        With a *patience_s*, what comes due meanwhile is begun without waiting for a slow feed.
        """
        loop = asyncio.get_running_loop()
        asked: list[asyncio.Task[PollResult]] = []
        worth_claiming, claim_again_s = True, 0.0
        while True:
            while self._claimed and len(self._polling) < CONCURRENCY:
                feed = self._claimed.popleft()
                task = asyncio.create_task(self._poll(feed, self._now))
                self._polling[task] = feed
                task.add_done_callback(self._ended)
                if patience_s is None:
                    asked.append(task)
            # Claimed ahead, while others are asked.
            room = self._claiming is None and len(self._claimed) < _CLAIMED_AHEAD
            idle = not self._polling
            pause_s = 0.0 if idle else claim_again_s - loop.time()
            if worth_claiming and room and pause_s <= 0:
                worth_claiming, pause_s = False, 0.0
                self._claiming = asyncio.create_task(self._claim_more())
                self._claiming.add_done_callback(lambda _: self._stirred.set())
            if self._claiming is None and not self._polling:
                return [task.result() for task in asked]
            under_way = len(self._polling)
            waits_to_claim = worth_claiming and room
            try:
                await asyncio.wait_for(
                    self._stirred.wait(), pause_s if waits_to_claim else patience_s
                )
            except TimeoutError:
                worth_claiming = True  # more may be due by now
            self._stirred.clear()
            if len(self._polling) < under_way:
                worth_claiming = True  # a host may be free for its next feed
            if self._claiming is not None and self._claiming.done():
                ended, self._claiming = self._claiming, None
                found = ended.result()
                worth_claiming = found > 0 or worth_claiming
                claim_again_s = 0.0 if found == _CLAIM else loop.time() + _CLAIM_PAUSE_S

    def _ended(self, task: asyncio.Task[PollResult]) -> None:
        self._polling.pop(task, None)
        self._stirred.set()

    async def _claim_more(self) -> int:
        found = await self._note_and_claim(_CLAIM)
        self._claimed.extend(found)
        return len(found)

    async def _note_and_claim(self, room: int) -> list[Feed]:
        """Note how polls ended, and claim what is due, less what asks not to be asked now."""
        settling, now = list(self._notes), self._now
        claimed = await self._storage.feeds.note_and_claim(settling, now, room)
        del self._notes[: len(settling)]
        asked = []
        for feed in claimed:
            until = next_allowed_at(feed, now, _chance())
            if until is None:
                asked.append(feed)
            else:
                await self._storage.feeds.postpone(feed.id, until)
        return asked

    async def _save_notes(self) -> None:
        if self._claimed:
            with contextlib.suppress(DatabaseError):
                await self._storage.feeds.let_go([feed.id for feed in self._claimed])
            self._claimed.clear()
        settling = list(self._notes)
        if not settling:
            return
        try:
            await self._storage.feeds.note_and_claim(settling, settling[-1].at, 0)
        except DatabaseError as error:
            _log.error("polls_not_noted", extra={"reason": str(error)})
        else:
            del self._notes[: len(settling)]

    async def _poll(self, feed: Feed, now: datetime) -> PollResult:
        try:
            result = await self._poll_strictly(feed, now)
        except FeedError as error:
            _log.warning("feed_failed", extra={"feed": feed.name, "reason": error.reason})
            return self._note_failure(feed, error, now)
        except DatabaseError as error:
            # What it brought is not stored; its feed comes due again with its lease.
            _log.error("poll_not_stored", extra={"feed": feed.name, "reason": str(error)})
            return PollResult(feed.name, failed=str(error))
        except Exception as error:
            # A bug must not end the other polls, nor press a publisher: it counts as a failure.
            _log.exception("poll_broke", extra={"feed": feed.name})
            said = f"an error of ours, see the log: {type(error).__name__}"
            return self._note_failure(feed, FeedError(said), now)
        if result.items:
            _log.info(
                "feed_polled",
                extra={"feed": feed.name, "new": len(result.items), "matches": result.matches},
            )
        if result.matches:
            self.matched.set()
        return result

    def _note_failure(self, feed: Feed, error: FeedError, now: datetime) -> PollResult:
        busy, gone = isinstance(error, FeedBusy), isinstance(error, FeedGone)
        at = next_try_at(
            feed,
            now,
            _chance(),
            self._ceilings,
            busy=busy,
            wait_s=error.wait_s if isinstance(error, FeedBusy) else None,
            patient=not isinstance(error, FeedEmpty),
        )
        self._notes.append(
            Failed(
                feed_id=feed.id,
                at=now,
                next_poll_at=at,
                reason=error.reason,
                # Gone where a redirect leads: perhaps its own address knows better by now.
                gone=gone and not feed.moved_to,
                empty=isinstance(error, FeedEmpty),
                stay=bool(feed.moved_to) and (gone or feed.failures + 1 >= _STAYS_MOVED),
            )
        )
        if gone:
            self.gone.set()
        return PollResult(feed.name, failed=error.reason)

    async def _poll_strictly(self, feed: Feed, now: datetime) -> PollResult:
        asked = replace(feed, etag="", last_modified="") if is_asked_whole(feed, now) else feed
        fetched = await self._fetcher.fetch(asked, now)
        if fetched.moved_to != feed.moved_to:
            _log.info("feed_moved", extra={"feed": feed.name, "to": fetched.moved_to})
            feed = replace(feed, moved=True)
        if fetched.not_modified or fetched.body_hash == feed.body_hash:
            return self._note_unchanged(feed, fetched, now)
        parsed = await self._worker.parse(
            fetched.body, fetched.content_type, fetched.url, feed.config.timezone
        )
        for skipped in parsed.skipped:
            _log.error("entry_not_read", extra={"feed": feed.name, "entry": skipped})

        def plan(after: Feed) -> datetime:
            return next_poll_at(after, now, _chance(), self._ceilings)

        taken = await self._intake.take_in(feed, fetched, parsed, plan, now)
        return PollResult(
            feed.name, items=taken.items, matches=taken.matches, first=not feed.polled_before
        )

    def _note_unchanged(self, feed: Feed, fetched: FetchedFeed, now: datetime) -> PollResult:
        fresh_s = fetched.fresh_s
        if fresh_s is None:
            # A 304 that says nothing of it leaves standing what was said (RFC 9111).
            fresh_s = feed.pace.fresh_s if fetched.not_modified else 0
        after = replace(feed, failures=0, pace=replace(feed.pace, fresh_s=fresh_s))
        self._notes.append(
            Unchanged(
                feed_id=feed.id,
                at=now,
                next_poll_at=next_poll_at(after, now, _chance(), self._ceilings),
                # A 304 confirms what was sent; the same bytes may come under a new tag.
                etag=feed.etag if fetched.not_modified else fetched.etag,
                last_modified=feed.last_modified if fetched.not_modified else fetched.last_modified,
                fresh_s=fresh_s,
                moved_to=fetched.moved_to,
                whole=not fetched.not_modified,
            )
        )
        return PollResult(feed.name, not_modified=True)


def _chance() -> float:
    return random.random()  # noqa: S311 - not a secret
