"""Receiving: by long polling or through a webhook, nothing confirmed before it is stored.

python-telegram-bot's updater confirms updates to Telegram while they wait in memory: a kill lost
14 of 20. Here the next offset is asked for only once the effects of the last ones are committed, or
they themselves are (see `chat/inbox.py`); replies go out apart. What was handled and not confirmed
comes again and is answered again. A webhook confirms each update by its answer, which waits
likewise.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from telegram import Update
from telegram.ext import ContextTypes

from bot.chat.admission import read_visit
from bot.chat.arrivals import Arrival, WrongType, keep_what_is_read, name_kind, read_arrival
from bot.chat.inbox import Inbox
from bot.chat.visit import Services
from bot.delivery.retry import next_retry_ms
from bot.errors import (
    AnotherReceiver,
    AnswerUnreadable,
    DatabaseError,
    SahmanError,
    TokenRefused,
    TryLater,
)
from bot.log import where
from bot.telegram_api.connection import AnyApplication, clear_webhook, fetch_updates

_log = logging.getLogger(__name__)

_LONG_POLL_S = 25
# A long poll begun just before the lease is renewed must end within it.
_LEASE_S = 45
_RENEW_S = 5
_LONGEST_WAIT_S = 60.0
_MOST_AT_ONCE = 100
#: Between two looks at a queue in which lies only what cannot be confirmed: others may come.
_PAST_UNREADABLE_S = 0.5
_APOLOGY_MAY_TAKE_S = 5.0


class Receiver:
    """Asks Telegram for updates and hands each to its handler, in order within a chat.

    Only a token that Telegram no longer knows ends it.
    """

    def __init__(self, application: AnyApplication, services: Services) -> None:
        self._application = application
        self._services = services
        self._owner = services.storage.processes.name
        self._inbox = Inbox(services.storage.receiving, self._serve, self._owner)
        self._offset = 0
        self._limit = _MOST_AT_ONCE
        #: Dealt with, and not confirmed yet because one before them could not be stored.
        self._settled: set[int] = set()
        self._unstored: set[int] = set()
        self._renew_at_s = 0.0
        self._webhook_cleared = False
        self._arriving: dict[int, asyncio.Future[None]] = {}
        #: How many updates were left, by what was wrong.
        self.left: Counter[str] = Counter()
        application.add_error_handler(self._broke)

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until *stop*; raises TokenRefused when Telegram no longer knows the bot.

        Everything else that goes wrong, another receiver of the same bot among it, is waited out
        with growing waits.
        """
        failures = 0
        while not stop.is_set():
            try:
                if not await self._hold_lease():
                    await _wait(stop, 5)
                    continue
                await self._clear_webhook()
                wires = await self._fetch(stop)
                if not await self._take(wires):
                    await _wait(stop, _PAST_UNREADABLE_S)
            except TokenRefused:
                raise
            except Exception as error:  # whatever it is, people go on being answered
                failures += 1
                _tell(error)
                await _wait(stop, _wait_after(error, failures))
            else:
                failures = 0
        await self._inbox.close()
        with suppress(DatabaseError):
            await self._services.storage.receiving.release(self._owner)

    async def adopt(self) -> None:
        """Go on with the updates that processes stored which live no more; raises DatabaseError."""
        await self._inbox.adopt()

    async def close(self) -> None:
        """End what is at work on updates that a webhook brought."""
        await self._inbox.close()

    async def receive(self, wire: dict[str, Any]) -> None:
        """Handle one update that a webhook brought; return once it may be confirmed.

        One that was dealt with before, here or in another process, is not answered again; one that
        cannot be read is logged and left. Raises DatabaseError when nothing could be stored: bring
        it again.
        """
        arrival = read_arrival(wire)
        if arrival is None:
            self._leave("no update_id", wire)
            return
        # Telegram asks again when an answer takes long: both wait for the one that is at work.
        update_id = arrival.update_id
        arriving = self._arriving.get(update_id)
        if arriving is None:
            arriving = asyncio.ensure_future(self._receive_once(arrival))
            self._arriving[update_id] = arriving
            arriving.add_done_callback(lambda _: self._arriving.pop(update_id, None))
        await asyncio.shield(arriving)

    async def _receive_once(self, arrival: Arrival) -> None:
        receiving = self._services.storage.receiving
        if await receiving.was_handled(arrival.update_id):
            _log.info("update_repeated", extra={"update": arrival.update_id})
            return
        if await self._inbox.take([arrival]):
            raise DatabaseError("the update could not be stored")
        await receiving.note_handled(arrival.update_id)

    async def _clear_webhook(self) -> None:
        """Take away a webhook left behind, once it succeeds; some servers know of no webhooks."""
        if self._webhook_cleared:
            return
        try:
            await clear_webhook(self._services.bot)
        except TokenRefused:
            raise
        except SahmanError as error:
            _log.info("webhook_not_deleted", extra={"reason": str(error)})
            self._webhook_cleared = not isinstance(error, TryLater)
        else:
            self._webhook_cleared = True

    async def _hold_lease(self) -> bool:
        """Take the lease, or renew it once a third of it is over: not a write for every poll."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._renew_at_s:
            return True
        held = await self._services.storage.receiving.hold(self._owner, _LEASE_S)
        if held:
            self._renew_at_s = now_s + _RENEW_S
        return held

    async def _fetch(self, stop: asyncio.Event) -> list[Any]:
        """Return what Telegram holds, each as it wrote it; nothing when *stop* comes first."""
        asking = asyncio.ensure_future(
            fetch_updates(self._services.bot, self._offset, self._limit, _LONG_POLL_S)
        )
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not asking.done():
            asking.cancel()
            with suppress(asyncio.CancelledError, Exception):  # nobody asks any more how it went
                await asking
            return []
        try:
            wires = await asking
        except AnswerUnreadable as error:
            self._step_over(error)
            return []
        self._limit = _MOST_AT_ONCE
        return wires

    def _step_over(self, error: AnswerUnreadable) -> None:
        """Ask for one at a time where a whole answer is no JSON; leave the one that makes it so."""
        if self._limit > 1:
            self._limit = 1
        elif error.first_update_id is None:
            raise TryLater("Telegram's answer cannot be read")
        else:
            self._leave("no JSON", None, error.first_update_id)
            self._offset = max(self._offset, error.first_update_id + 1)

    async def _take(self, wires: Sequence[Any]) -> bool:
        """Deal with updates and move the offset; False when none of them bears a usable id.

        Raises DatabaseError when some could not be stored: they are asked for again.
        """
        arrivals = []
        for wire in wires:
            arrival = read_arrival(wire)
            if arrival is None:
                self._leave("no update_id", wire)
            else:
                arrivals.append(arrival)
        if not arrivals:
            return not wires
        unsettled = await self._inbox.take(
            [each for each in arrivals if each.update_id not in self._settled]
        )
        if unsettled:
            self._offset = min(unsettled)
            self._settled.update(each.update_id for each in arrivals)
            self._settled -= unsettled
            raise DatabaseError("some updates could not be stored")
        self._settled.clear()
        self._offset = max(each.update_id for each in arrivals) + 1
        return True

    async def _serve(self, arrival: Arrival) -> None:
        """Read one update and let its handler serve it; raises DatabaseError to have it again."""
        try:
            update = Update.de_json(keep_what_is_read(arrival.wire), self._services.bot)
        except WrongType as error:
            self._leave(f"no such {error}", arrival.wire, arrival.update_id)
            return
        except Exception as error:  # python-telegram-bot's, which refuses in many ways
            self._leave(where(error), arrival.wire, arrival.update_id)
            return
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            await self._application.process_update(update)
        except Exception as error:  # a bug of ours costs this update alone
            self._leave(where(error), arrival.wire, arrival.update_id)
        self._services.took(loop.time() - began_s)
        if arrival.update_id in self._unstored:
            self._unstored.discard(arrival.update_id)
            raise DatabaseError("the update could not be stored")

    async def _broke(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        if not isinstance(update, Update) or context.error is None:
            return
        if isinstance(context.error, DatabaseError):
            self._unstored.add(update.update_id)
            _log.error("update_not_stored", extra={"reason": str(context.error)})
            return
        self.left["handler broke"] += 1
        _log.error(
            "handler_broke", extra={"update": update.update_id, "where": where(context.error)}
        )
        with suppress(Exception):  # who cannot be apologized to is not
            async with asyncio.timeout(_APOLOGY_MAY_TAKE_S):
                await self._apologize(update)

    async def _apologize(self, update: Update) -> None:
        visit = await read_visit(update, self._services)
        if visit is not None and not visit.note_flood():
            await visit.toast()
            await visit.answer(
                visit.texts.say("Something went wrong on my side. Please try again.")
            )

    def _leave(self, why: str, wire: object, update_id: int | None = None) -> None:
        """Log, by its id and kind, an update that is passed; never by what stands in it."""
        self.left[why] += 1
        _log.error(
            "update_unreadable",
            extra={
                "update": update_id,
                "kind": name_kind(wire),
                "where": why,
                "so_far": self.left.total(),
            },
        )


def _tell(error: Exception) -> None:
    match error:
        case AnotherReceiver():
            _log.warning("receiving_elsewhere", extra={"reason": str(error)})
        case SahmanError():
            _log.warning("receiving_failed", extra={"reason": str(error)})
        case _:
            _log.error("receiving_broke", extra={"where": where(error)})


def _wait_after(error: Exception, failures: int) -> float:
    if isinstance(error, TryLater) and error.wait_s:
        return error.wait_s
    # The other one may be about to end: it is asked less often from the first time on.
    return _growing_s(failures + isinstance(error, AnotherReceiver))


def _growing_s(failures: int) -> float:
    return min(_LONGEST_WAIT_S, next_retry_ms(failures) / 1000)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
