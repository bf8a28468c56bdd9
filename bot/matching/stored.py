"""Queries as they are stored, packed, and unfolded when one is needed."""

import functools
import zlib
from array import array

from bot.matching.query import Query

_UNFOLDED = 4_096
# What most stored queries have in common; each is packed by itself, and unpacked in microseconds.
_COMMON = (
    b'["all",[["any",[["not",["term",[["language",["source",["hy","ru","en"'
    b'"],"hy",[],"",5]],[],false]]"],"ru",["&"],"",7]],["@"],false]]"],"en",[],"",4]],[],true]]'
    b'["\\",["term",[[["%=","%","#=","#","&","^","~","!","@'
)


class StoredQueries:
    """Many queries in little memory: their stored forms by slot, in the order of their coming."""

    def __init__(self) -> None:
        """Begin with none."""
        self._packed = bytearray()
        self._starts = array("Q", [0])
        self.unfold = functools.lru_cache(_UNFOLDED)(self._unfold)

    def __len__(self) -> int:
        """Return how many came, those that went among them."""
        return len(self._starts) - 1

    def append(self, stored: str) -> int:
        """Keep one more and return its slot."""
        packing = zlib.compressobj(1, wbits=-15, zdict=_COMMON)
        self._packed += packing.compress(stored.encode()) + packing.flush()
        self._starts.append(len(self._packed))
        return len(self) - 1

    def _unfold(self, slot: int) -> Query:
        packed = self._packed[self._starts[slot] : self._starts[slot + 1]]
        stored = zlib.decompressobj(wbits=-15, zdict=_COMMON).decompress(packed)
        return Query.from_json(stored.decode())
