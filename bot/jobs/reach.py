"""Whether feeds are reached at all: that this machine is offline is said once, not for each."""

from __future__ import annotations

import logging

from bot.errors import FeedError, FeedUnreached
from bot.feeds.health import find_unreached

_log = logging.getLogger(__name__)

#: So many in a row, and nobody reached in between: it is not theirs.
_MANY = 4


class Reach:
    """Logs feeds that fail; those that nobody could reach, in one line once they are many."""

    def __init__(self) -> None:
        self._unreached: dict[str, str] = {}
        self._offline = False

    def note_failure(self, feed: str, error: FeedError) -> None:
        """Log it, or hold it back until it is clear whether this machine is offline."""
        if not isinstance(error, FeedUnreached):
            self.note_answer()
            _warn(feed, error.reason)
            return
        if self._offline:
            return
        self._unreached[feed] = error.reason
        if len(self._unreached) >= _MANY:
            self._tell_together()

    def note_answer(self) -> None:
        """Note that some server was reached: what failed before is that feed's own."""
        if self._offline:
            _log.info("machine_online")
        self._offline = False
        self._tell_each()

    def end_round(self) -> None:
        """Log what was held back: nobody else is asked just now."""
        if not self._tell_together():
            self._tell_each()

    def _tell_together(self) -> bool:
        reason = find_unreached([*self._unreached.values()])
        if reason:
            _log.warning("machine_offline", extra={"feeds": len(self._unreached), "reason": reason})
            self._offline = True
            self._unreached.clear()
        return bool(reason)

    def _tell_each(self) -> None:
        for feed, reason in self._unreached.items():
            _warn(feed, reason)
        self._unreached.clear()


def _warn(feed: str, reason: str) -> None:
    _log.warning("feed_failed", extra={"feed": feed, "reason": reason})
