"""Saving what somebody chose, with what follows from it: when the next digest and quiet come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.chat.visit import Visit
from bot.delivery.schedule import next_digest_at
from bot.model import Subscriber

_DIGEST = frozenset({"digest_times", "digest_days", "zone"})
_QUIET = frozenset({"quiet_from", "quiet_until", "zone"})


async def save_choices(visit: Visit, subscriber: Subscriber, **changes: Any) -> Subscriber:
    """Store what was chosen, by the names of Subscriber; return the subscriber as it is then."""
    wanted = replace(subscriber, **changes)
    follows: dict[str, Any] = {}
    if _DIGEST & changes.keys():
        follows["next_digest_at"] = next_digest_at(
            wanted.digest_times, wanted.zone, visit.now, wanted.digest_days
        )
    if _QUIET & changes.keys():
        # Looked at within seconds: whether it is quiet now, and what was held until now.
        follows["next_quiet_at"] = visit.now
    await visit.storage.subscribers.save_settings(subscriber.id, **changes, **follows)
    return await visit.storage.subscribers.load(visit.chat.id, visit.topic) or wanted
