"""Carrying broadcasts on: all are owed them, and their operators see how far they are."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from bot.delivery.broadcast import say_progress
from bot.errors import SendError
from bot.model import Broadcast, Button
from bot.storage import Storage
from bot.telegram_api.messenger import Messenger
from bot.texts import Texts

_log = logging.getLogger(__name__)


async def carry_broadcasts(
    storage: Storage, messenger: Messenger, texts: Mapping[str, Texts], now: datetime
) -> bool:
    """Go on with broadcasts that were begun, whichever process did; say whether there are any."""
    sending = await storage.broadcasts.load_sending()
    for each in sending:
        while await storage.broadcasts.owe_some(each.id, now):
            pass
        await _tell(each, storage, messenger, texts)
    return bool(sending)


async def _tell(
    broadcast: Broadcast, storage: Storage, messenger: Messenger, texts: Mapping[str, Texts]
) -> None:
    progress = await storage.broadcasts.load_progress(broadcast.id)
    is_over = not progress.waiting and not progress.spreading
    if is_over and not await storage.broadcasts.finish(broadcast.id):
        return
    if broadcast.message_id is None:
        return
    operator = await storage.subscribers.load(broadcast.operator_id, 0)
    spoken = texts[operator.language if operator else "en"]
    label = str(spoken.say("Stop sending"))
    sign = "@0" if broadcast.operator_id < 0 else ""
    keyboard = [] if is_over else [[Button(label, f"cast:stop:{broadcast.id}{sign}")]]
    try:
        await messenger.edit(
            broadcast.operator_id, broadcast.message_id, say_progress(progress, spoken), keyboard
        )
    except SendError as error:
        _log.info("edit_refused", extra={"chat": broadcast.operator_id, "reason": error.reason})
