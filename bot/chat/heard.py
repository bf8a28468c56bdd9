"""What was heard a moment ago, so that an album or an edited message is answered once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

_MOST = 5_000


class Heard:
    """Remembers in memory alone, and little: after a restart an edit is not answered."""

    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._albums: OrderedDict[tuple[int, str], None] = OrderedDict()

    def note_text(self, chat: int, message: int, text: str) -> None:
        """Note what a message says."""
        self._texts[chat, message] = hash(text)
        _forget_oldest(self._texts)

    def is_changed(self, chat: int, message: int, text: str) -> bool:
        """Say whether a message that was heard says something else now; note what it says."""
        before = self._texts.get((chat, message))
        if before is None or before == hash(text):
            return False
        self.note_text(chat, message, text)
        return True

    def is_new_album(self, chat: int, album: str) -> bool:
        """Say whether nothing of an album was answered yet, and note that it is."""
        if (chat, album) in self._albums:
            return False
        self._albums[chat, album] = None
        _forget_oldest(self._albums)
        return True


def _forget_oldest(remembered: OrderedDict[Any, Any]) -> None:
    while len(remembered) > _MOST:
        remembered.popitem(last=False)
