"""Receiving: by long polling or through a webhook, nothing confirmed before it is stored.

python-telegram-bot's updater confirms updates to Telegram while they wait in memory: a kill lost
14 of 20. Here the next offset is asked for only once the effects of the last ones are committed;
what was handled and not confirmed comes again and is answered again. A webhook confirms each
update by its answer, which waits for the effects likewise.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections import defaultdict
from contextlib import suppress
from typing import Any
from uuid import uuid4

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import ContextTypes
from telegram.warnings import PTBUserWarning

from bot.chat.visit import Services, read_visit
from bot.delivery.retry import next_retry_ms
from bot.errors import AnotherReceiver, DatabaseError, SahmanError, TokenRefused, TryLater
from bot.telegram_api.connection import ALLOWED_UPDATES, AnyApplication, clear_webhook
from bot.telegram_api.refusals import translate

_log = logging.getLogger(__name__)

_LONG_POLL_S = 25
# A long poll begun just before the lease is renewed must end within it.
_LEASE_S = 45
_RENEW_S = 5
_LONGEST_WAIT_S = 60.0
#: Chats whose updates are handled at the same time; within a chat, one after the other.
_CONCURRENCY = 32


class Receiver:
    """Asks Telegram for updates and hands each to its handler, in order within a chat."""

    def __init__(
        self,
        application: AnyApplication,
        services: Services,
    ) -> None:
        self._application = application
        self._services = services
        self._owner = uuid4().hex
        self._offset = 0
        self._room = asyncio.Semaphore(_CONCURRENCY)
        self._unstored: set[int] = set()
        self._renew_at_s = 0.0
        self._webhook_cleared = False
        self._arriving: dict[int, asyncio.Future[None]] = {}
        application.add_error_handler(self._broke)

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until *stop*; raises TokenRefused when Telegram no longer knows the bot.

        Another receiver of the same bot stops only the receiving, which is tried again with
        growing waits.
        """
        receiving = self._services.storage.receiving
        failures = 0
        while not stop.is_set():
            try:
                if not await self._hold_lease():
                    await _wait(stop, 5)
                    continue
                await self._clear_webhook()
                updates = await self._fetch(stop)
                await self._handle(updates)
            except TokenRefused:
                raise
            except AnotherReceiver as error:
                failures += 1
                _log.warning("receiving_elsewhere", extra={"reason": str(error)})
                await _wait(stop, _growing_s(failures + 1))
            except TryLater as error:
                failures += 1
                _log.warning("receiving_failed", extra={"reason": error.reason})
                await _wait(stop, error.wait_s or _growing_s(failures))
            except SahmanError as error:
                failures += 1
                _log.warning("receiving_failed", extra={"reason": str(error)})
                await _wait(stop, _growing_s(failures))
            else:
                failures = 0
        with suppress(DatabaseError):
            await receiving.release(self._owner)

    async def receive(self, wire: dict[str, Any]) -> None:
        """Handle one update that a webhook brought; return once its effects are stored.

        One that was dealt with before, here or in another process, is not answered again; one that
        cannot be read is logged and left. Raises DatabaseError when nothing could be stored: bring
        it again.
        """
        update_id = wire.get("update_id")
        if not isinstance(update_id, int):
            _log.error("update_unreadable", extra={"reason": "it bears no update_id"})
            return
        # Telegram asks again when an answer takes long: both wait for the one that is at work.
        arriving = self._arriving.get(update_id)
        if arriving is None:
            arriving = asyncio.ensure_future(self._receive_once(update_id, wire))
            self._arriving[update_id] = arriving
            arriving.add_done_callback(lambda _: self._arriving.pop(update_id, None))
        await asyncio.shield(arriving)

    async def _receive_once(self, update_id: int, wire: dict[str, Any]) -> None:
        receiving = self._services.storage.receiving
        if await receiving.was_handled(update_id):
            _log.info("update_repeated", extra={"update": update_id})
            return
        try:
            update = Update.de_json(wire, self._services.bot)
        except (TypeError, ValueError, KeyError, AttributeError):
            _log.exception("update_unreadable", extra={"update": update_id})
        else:
            async with self._room:
                await self._application.process_update(update)
            if update_id in self._unstored:
                self._unstored.discard(update_id)
                raise DatabaseError("the update could not be stored")
        await receiving.note_handled(update_id)

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

    async def _fetch(self, stop: asyncio.Event) -> list[Update]:
        asking = asyncio.ensure_future(
            self._services.bot.get_updates(
                offset=self._offset,
                timeout=_LONG_POLL_S,
                read_timeout=10,
                allowed_updates=ALLOWED_UPDATES,
            )
        )
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not asking.done():
            asking.cancel()
            with suppress(asyncio.CancelledError, TelegramError):
                await asking
            return []
        try:
            return list(await asking)
        except TelegramError as error:
            raise translate(error) from error
        except (TypeError, ValueError, KeyError, AttributeError):
            # python-telegram-bot refuses a whole batch for one update that it cannot read.
            return await self._fetch_readable()

    async def _fetch_readable(self) -> list[Update]:
        """Return the first update; step over one that cannot be read, now or ever."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PTBUserWarning)  # it advises what has just failed
            raw = await self._services.bot.do_api_request(
                "getUpdates", api_kwargs={"offset": self._offset, "limit": 1, "timeout": 0}
            )
        readable = []
        for each in raw:
            try:
                readable.append(Update.de_json(each, self._services.bot))
            except (TypeError, ValueError, KeyError, AttributeError):
                _log.exception("update_unreadable", extra={"update": each.get("update_id")})
                self._offset = int(each["update_id"]) + 1
        return readable

    async def _handle(self, updates: list[Update]) -> None:
        by_chat: dict[int, list[Update]] = defaultdict(list)
        for update in updates:
            chat = update.effective_chat
            by_chat[chat.id if chat else 0].append(update)
        self._unstored.clear()
        await asyncio.gather(*map(self._handle_chat, by_chat.values()))
        if self._unstored:
            # Their effects are not stored: they are asked for again, with those after them.
            self._offset = min(self._unstored)
            raise DatabaseError("some updates could not be stored")
        if updates:
            self._offset = updates[-1].update_id + 1

    async def _handle_chat(self, updates: list[Update]) -> None:
        async with self._room:
            for update in updates:
                await self._application.process_update(update)
                if update.update_id in self._unstored:
                    return

    async def _broke(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        if not isinstance(update, Update):
            return
        if isinstance(context.error, DatabaseError):
            self._unstored.add(update.update_id)
            _log.error("update_not_stored", extra={"reason": str(context.error)})
            return
        _log.error("handler_broke", extra={"update": update.update_id}, exc_info=context.error)
        with suppress(DatabaseError):
            visit = await read_visit(update, self._services)
            if visit is not None:
                await visit.toast()
                await visit.answer(
                    visit.texts.say("Something went wrong on my side. Please try again.")
                )


def _growing_s(failures: int) -> float:
    return min(_LONGEST_WAIT_S, next_retry_ms(failures) / 1000)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
