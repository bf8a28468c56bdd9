"""Telling operators what they are owed word of."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from bot.delivery.alarms import say_alarm, say_alarm_over
from bot.delivery.outages import render_notice
from bot.errors import SendError, TryLater
from bot.model import Notice
from bot.storage import Storage
from bot.telegram_api.messenger import Messenger
from bot.texts import Texts

_log = logging.getLogger(__name__)


async def notice_closed_groups(storage: Storage, messenger: Messenger, now: datetime) -> None:
    """Owe the admins of groups that take nothing now word of it, once; those who know the bot."""
    for chat_id in await storage.chats.load_closed():
        try:
            title, admins = await messenger.load_admins(chat_id)
        except SendError as error:
            _log.info("admins_unknown", extra={"chat": chat_id, "reason": error.reason})
            if isinstance(error, TryLater) and not error.of_chat:
                continue
        else:
            reachable = await storage.chats.keep_private(admins)
            await storage.health.owe_notices(reachable, "closed", {"group": title}, now)
        await storage.chats.mark_told(chat_id)


async def send_notices(
    storage: Storage, messenger: Messenger, texts: Mapping[str, Texts], now: datetime
) -> None:
    """Send what operators are owed, in their languages; what Telegram defers waits for next time.

    Few and rare, they pass no send clock; one that cannot be delivered is logged and let go.
    """
    deferred: set[int] = set()
    for notice in await storage.health.claim_notices():
        if notice.chat_id in deferred:
            await storage.health.release_notice(notice.id)
            continue
        reader = await storage.subscribers.load(notice.chat_id, 0)
        spoken = texts[reader.language if reader else "en"]
        try:
            await messenger.send(notice.chat_id, 0, _render(notice, spoken, now))
        except TryLater as error:
            _log.warning("notice_deferred", extra={"chat": notice.chat_id, "reason": error.reason})
            deferred.add(notice.chat_id)
            await storage.health.release_notice(notice.id)
            continue
        except SendError as error:
            _log.error("notice_lost", extra={"chat": notice.chat_id, "reason": error.reason})
        await storage.health.settle_notice(notice.id)


def _render(notice: Notice, texts: Texts, now: datetime) -> Markup:
    match notice.kind:
        case "alarm":
            return say_alarm(notice.facts, texts)
        case "alarm_over":
            return say_alarm_over(notice.facts, texts, now)
    return render_notice(notice, texts, now)
