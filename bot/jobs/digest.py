"""Owing digests: everyone whose hour has come is owed one, told or not what it will hold."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.delivery.schedule import current_slot, next_digest_at
from bot.model import Subscriber
from bot.storage import Storage


async def owe_due_digests(storage: Storage, now: datetime) -> int:
    """Owe every digest that is due at *now*; return how many.

    Those whose pause is over are owed theirs again first.
    """
    await storage.subscribers.resume_paused(
        now, lambda reader: next_digest_at(reader.digest_times, reader.zone, now)
    )

    def slot(subscriber: Subscriber) -> tuple[str, datetime | None]:
        times, zone = subscriber.digest_times, subscriber.zone
        if not times:  # owed once, for what was missed
            return f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}", None
        return current_slot(times, zone, now), next_digest_at(times, zone, now)

    return await storage.subscribers.owe_digests(now, slot)
