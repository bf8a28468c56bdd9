"""An index of keys: two sorted arrays, sixteen bytes an entry, and what came since beside them."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Set

# Sorted piece by piece, by the highest byte: no list of a million pairs is ever made.
_PIECES = 256
# What came since is merged when it is more than this and a sixteenth of the whole.
_RECENT = 20_000
_SHARE = 16


class KeyIndex:
    """Which entries stand under which 64-bit keys; entries are integers of up to 63 bits."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._keys = array("q")
        self._entries = array("q")
        self._recent: dict[int, list[int]] = {}
        self._recent_size = 0

    def add(self, key: int, entry: int) -> None:
        """Let an entry stand under a key: a small step, however large the index is."""
        self._recent.setdefault(key, []).append(entry)
        self._recent_size += 1

    def find_merged(self, key: int) -> Iterator[int]:
        """Yield what stood under a key at the last merge."""
        keys, entries = self._keys, self._entries
        at, size = bisect_left(keys, key), len(keys)
        while at < size and keys[at] == key:
            yield entries[at]
            at += 1

    def find_recent(self, key: int) -> Iterable[int]:
        """Return what was added under a key since."""
        return self._recent.get(key, ())

    def find(self, key: int) -> Iterator[int]:
        """Yield what stands under a key."""
        yield from self.find_merged(key)
        yield from self.find_recent(key)

    def recent_among(self, keys: Set[int]) -> Set[int]:
        """Return those of *keys* under which something was added since the last merge."""
        return self._recent.keys() & keys

    @property
    def has_recent(self) -> bool:
        """Whether anything came since the last merge."""
        return bool(self._recent)

    @property
    def is_long_unmerged(self) -> bool:
        """Whether so much came since the last merge that it is time for one."""
        return self._recent_size > max(_RECENT, len(self._keys) // _SHARE)

    def merge(
        self, more: Iterable[tuple[int, int]] = (), keep: Callable[[int], bool] = lambda _: True
    ) -> None:
        """Sort in what came since, and *more* pairs of key and entry; let go of what is not kept.

        About a second for a million entries.
        """
        pieces = [(array("q"), array("q")) for _ in range(_PIECES)]
        since = ((key, entry) for key, found in self._recent.items() for entry in found)
        for pairs in (zip(self._keys, self._entries, strict=True), since, more):
            for key, entry in pairs:
                if keep(entry):
                    keys, entries = pieces[(key >> 56) + 128]
                    keys.append(key)
                    entries.append(entry)
        self._recent, self._recent_size = {}, 0
        self._keys, self._entries = array("q"), array("q")
        for keys, entries in pieces:
            for key, entry in sorted(zip(keys, entries, strict=True)):
                self._keys.append(key)
                self._entries.append(entry)
