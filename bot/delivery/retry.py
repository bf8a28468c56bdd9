"""How long to wait before an undelivered message is tried again, and when to give it up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

_FIRST_MS = 1_000
_LONGEST_MS = 10 * 60_000

#: A message that could not be delivered for this long is given up, logged and counted.
GIVE_UP_AFTER = timedelta(hours=24)


def next_retry_ms(
    retries: int, spread: float | None = None, *, longest_ms: int = _LONGEST_MS
) -> int:
    """Return the wait after so many retries: doubling, capped, spread so that crowds disperse.

    *spread* (0 to 1) is drawn at random unless given.
    """
    drawn = random.random() if spread is None else spread  # noqa: S311 - not a secret
    wait = min(longest_ms, _FIRST_MS * 2 ** min(retries, 20))
    return int(wait * (0.75 + 0.5 * drawn))


def is_given_up(created_at: datetime, now: datetime) -> bool:
    """Say whether a delivery has been tried for long enough."""
    return now - created_at > GIVE_UP_AFTER
