"""Owing digests: everyone whose hour has come is owed one, told or not what it will hold."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.delivery.quiet import is_quiet, name_morning, next_quiet_change_at
from bot.delivery.schedule import current_slot, next_digest_at
from bot.model import Subscriber
from bot.storage import Storage
from bot.storage.quiet import QuietTurn


async def owe_due_digests(storage: Storage, now: datetime) -> int:
    """Owe every digest that is due at *now*; return how many.

    Those whose pause is over are owed theirs again first, and quiet hours begin and end.
    """

    def next_at(reader: Subscriber) -> datetime | None:
        return next_digest_at(reader.digest_times, reader.zone, now, reader.digest_days)

    def turn(reader: Subscriber) -> QuietTurn:
        return QuietTurn(
            quiet=is_quiet(reader, now),
            next_at=next_quiet_change_at(reader, now),
            morning=name_morning(reader, now),
        )

    def slot(reader: Subscriber) -> tuple[str, datetime | None]:
        if not reader.digest_times:  # owed once, for what was missed
            return f"{now.astimezone(ZoneInfo(reader.zone)):%Y-%m-%dT%H:%M}", None
        named = current_slot(reader.digest_times, reader.zone, now, reader.digest_days)
        return named, next_at(reader)

    await storage.pausing.resume_due(now, next_at)
    await storage.quiet_hours.turn(now, turn)
    return await storage.subscribers.owe_digests(now, slot)
