"""Where Telegram brings updates: set at start, looked after, never taken away by itself."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from bot.chat.visit import Services
from bot.delivery.retry import next_retry_ms
from bot.errors import SahmanError, TokenRefused, TryLater
from bot.telegram_api.connection import fetch_webhook, set_webhook

_log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 60.0
_LOOK_EVERY_S = 300.0
_FORGET_EVERY_S = 3600.0
#: Telegram brings an update for 24 hours.
_REMEMBERED_S = 25 * 3600.0


class WebhookKeeper:
    """Tells Telegram where to bring updates, and sees that it still does."""

    def __init__(self, services: Services, url: str, secret: str) -> None:
        self._services = services
        self._url = url
        self._secret = secret
        self._is_set = False
        self._forget_at_s = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the webhook set until *stop*; then it stays, and updates wait with Telegram.

        Raises TokenRefused.
        """
        failures = 0
        while not stop.is_set():
            try:
                await self._look()
                await self._forget()
            except TokenRefused:
                raise
            except SahmanError as error:
                failures += 1
                _log.warning("webhook_not_set", extra={"reason": str(error)})
                asked_s = error.wait_s if isinstance(error, TryLater) else None
                wait_s = asked_s or min(_LONGEST_WAIT_S, next_retry_ms(failures) / 1000)
            else:
                failures, wait_s = 0, _LOOK_EVERY_S
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)

    async def _look(self) -> None:
        bot = self._services.bot
        if self._is_set:
            url, last_error = await fetch_webhook(bot)
            if url == self._url:
                if last_error:
                    _log.info("webhook_troubled", extra={"reason": last_error})
                return
        # At the first time without looking: the secret may be new, and Telegram never tells it.
        await set_webhook(bot, self._url, self._secret)
        self._is_set = True
        _log.info("webhook_set", extra={"url": self._url})

    async def _forget(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._forget_at_s:
            await self._services.storage.receiving.forget_handled(_REMEMBERED_S)
            self._forget_at_s = now_s + _FORGET_EVERY_S
