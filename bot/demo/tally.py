"""What a server of ours counts while it serves, for benches and tests that send much."""

from __future__ import annotations

from collections import Counter
from typing import Any


class Tally:
    """Counts; a figure for every call, no memory of the calls themselves."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.refused: Counter[int] = Counter()
        self.sent: Counter[int] = Counter()
        self.duplicates = 0
        self._texts: set[int] = set()

    def note_sent(self, chat_id: int, text: str) -> None:
        """Count a message that was accepted; the same text again in one chat is a duplicate."""
        self.sent[chat_id] += 1
        text_hash = hash((chat_id, text))
        if text_hash in self._texts:
            self.duplicates += 1
        self._texts.add(text_hash)

    def wire(self) -> dict[str, Any]:
        """Return the counts for JSON: calls by method, refusals by code, sends accepted."""
        return {
            "calls": dict(self.calls),
            "refused": dict(self.refused),
            "sent": self.sent.total(),
            "chats": len(self.sent),
            "duplicates": self.duplicates,
        }
