"""Retention: deletes what is older than it is kept, a little at a time."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from bot.jobs.backups import forget_copies
from bot.storage import Storage

_log = logging.getLogger(__name__)

#: Where what people typed and follow stands.
_PERSONAL = (
    "applicant", "channel_admin", "chat", "delivery", "keyword", "match", "subscriber",
    "subscription", "surge", "typed_words", "waiting_update",
)  # fmt: skip
_WORDS_KEPT = timedelta(days=2)
_REQUESTS_KEPT = timedelta(days=90)
#: As long as what was sent.
_SAID_KEPT = timedelta(days=7)
_LISTS_KEPT = timedelta(days=366)
#: So long it is known what became of each feed's items, day by day.
_DAYS_COUNTED = timedelta(days=35)


async def prune(storage: Storage, keep_days: int, now: datetime) -> tuple[int, int]:
    """Delete some items, settled deliveries and words behind buttons that are too old to matter.

    Returns how many items and deliveries.
    """
    items = await storage.items.prune(now - timedelta(days=keep_days), limit=1000)
    deliveries = await storage.deliveries.prune()
    erased = await storage.leaving.erase_gone()
    if erased:
        _log.info("gone_chats_erased", extra={"chats": erased})
    await storage.subscribers.prune_words(now - _WORDS_KEPT)
    await storage.applicants.prune(now - _REQUESTS_KEPT)
    await storage.broadcasts.prune(now - _SAID_KEPT)
    await storage.sharing.prune(now - _LISTS_KEPT)
    await storage.silences.prune((now - _DAYS_COUNTED).date())
    await storage.trends.prune(now - _DAYS_COUNTED)
    await storage.database.overwrite_erased()
    await asyncio.to_thread(forget_copies, storage.database.file, now)
    if items or deliveries:
        _log.info("pruned", extra={"items": items, "deliveries": deliveries})
    return items, deliveries


async def give_up_dead_rows(storage: Storage) -> None:
    """Let PostgreSQL give up what was erased since yesterday; SQLite overwrites it at once."""
    await storage.database.vacuum(_PERSONAL)
