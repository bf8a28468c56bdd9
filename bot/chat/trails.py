"""The way to a page of a list, as the buttons under it carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A button holds 64 bytes, and a group's topic is written on it too.
_DATA_BYTES = 46
_WRITTEN = re.compile(r"\.?(?:[0-9a-f]{1,14}(?:\.[0-9a-f]{1,14})*)?")


@dataclass(frozen=True, slots=True)
class Trail:
    """Which page is shown: behind which item each page on the way to it began, this one last."""

    before: tuple[int, ...] = ()
    #: The way was too long for a button: the first pages on it are forgotten.
    is_cut: bool = False

    @classmethod
    def read(cls, written: str) -> Trail | None:
        """Return what a button carries, or None for nonsense."""
        if not _WRITTEN.fullmatch(written):
            return None
        before = tuple(int(each, 16) for each in written.split(".") if each)
        return cls(before, is_cut=written.startswith("."))

    def write(self, prefix: str) -> str:
        """Return what a button carries behind *prefix*; what is too long begins later."""
        before, is_cut = self.before, self.is_cut
        while True:
            data = f"{prefix}:{'.' if is_cut else ''}{'.'.join(f'{each:x}' for each in before)}"
            if len(data) <= _DATA_BYTES:
                return data
            before, is_cut = before[1:], True

    @property
    def last(self) -> int | None:
        """The item behind which the page begins; None: it is the first."""
        return self.before[-1] if self.before else None

    def older(self, item_id: int) -> Trail:
        """Return the way to the page behind an item."""
        return Trail((*self.before, item_id), self.is_cut)

    def newer(self) -> Trail | None:
        """Return the way one page back; None where that is the first page, or is forgotten."""
        return Trail(self.before[:-1], self.is_cut) if len(self.before) > 1 else None
