"""Polling: asks the feeds that are due, several at a time, and takes in what they bring."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.errors import DatabaseError, FeedBusy, FeedEmpty, FeedError, FeedGone
from bot.feeds.fetch import FeedFetcher, FetchedFeed
from bot.feeds.manners import Ceilings, is_asked_whole, next_allowed_at, next_poll_at, next_try_at
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.jobs.reach import Reach
from bot.jobs.rounds import Rounds
from bot.model import Feed, PollResult
from bot.storage import Storage
from bot.storage.poll_notes import Failed, Unchanged

_log = logging.getLogger(__name__)

#: While feeds are asked, more may come due.
_PATIENCE_S = 2.0
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
        self._now = datetime.min.replace(tzinfo=UTC)
        self._rounds = Rounds(self._note_and_claim, self._poll)
        self._round: asyncio.Task[None] | None = None
        self._notes: list[Unchanged | Failed] = []
        self._reach = Reach()
        #: Set when a poll has matched something: deliveries may be owed.
        self.matched = asyncio.Event()
        #: Set when a feed was found gone: operators are to be told.
        self.gone = asyncio.Event()
        #: Told how each poll ended.
        self.tell: Callable[[PollResult], None] = lambda result: None

    async def start_due(self, now: datetime) -> None:
        """Begin to poll what is due, as much as there is room for; does not wait."""
        self._now = now
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._go_on())

    async def run_round(self, now: datetime) -> list[PollResult]:
        """Poll every feed that is due at *now*, once; return what each brought, by name."""
        self._now = now
        brought: list[PollResult] = []

        async def poll(feed: Feed) -> None:
            brought.append(await self._poll(feed))

        await Rounds(self._note_and_claim, poll).run()
        self._reach.end_round()
        await self._save_notes()
        return sorted(brought, key=lambda result: result.feed)

    async def finish(self, within_s: float) -> None:
        """Let polls that are under way end; what takes longer is dropped and polled again."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
        left = await self._rounds.finish(within_s)
        if left:
            # They would be held for minutes after a restart, with the news they bring.
            with contextlib.suppress(DatabaseError):
                await self._storage.feeds.let_go([feed.id for feed in left])
        await self._save_notes()

    async def _go_on(self) -> None:
        try:
            await self._rounds.run(patience_s=_PATIENCE_S)
        except DatabaseError as error:
            _log.error("polls_not_claimed", extra={"reason": str(error)})
        self._reach.end_round()

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
        settling = list(self._notes)
        if not settling:
            return
        try:
            await self._storage.feeds.note_and_claim(settling, settling[-1].at, 0)
        except DatabaseError as error:
            _log.error("polls_not_noted", extra={"reason": str(error)})
        else:
            del self._notes[: len(settling)]

    async def _poll(self, feed: Feed) -> PollResult:
        result = await self._poll_alone(feed)
        self.tell(result)
        return result

    async def _poll_alone(self, feed: Feed) -> PollResult:
        now = self._now
        try:
            result = await self._poll_strictly(feed, now)
        except FeedError as error:
            self._reach.note_failure(feed.name, error)
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
        self._reach.note_answer()
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
