"""Re-keying the archive: items that an older glossary or dictionary read are read again."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from bot.intake import matched_text
from bot.matching import KEYS_VERSION, read_text
from bot.storage import Storage

_log = logging.getLogger(__name__)

_BATCH = 50


async def rekey_items(storage: Storage, now: datetime) -> int:
    """Read one batch of stale items again, newest first; return how many there were."""
    stale = await storage.items.load_stale(KEYS_VERSION, _BATCH)
    if not stale:
        return 0
    texts = {item.id: matched_text(item.title, item.summary) for item in stale}
    keys = await asyncio.to_thread(
        lambda: {item_id: read_text(text).numbers for item_id, text in texts.items()}
    )
    await storage.items.save_keys(keys, KEYS_VERSION, now)
    _log.info("items_rekeyed", extra={"items": len(stale)})
    return len(stale)
