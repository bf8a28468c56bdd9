"""What was read lately, remembered in two generations: what is asked for stays."""

from collections.abc import Iterator
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Remembered(Generic[_Value]):
    """Values by the text they were read from, at least the last *most* that were asked for.

    Unlike `functools.lru_cache` it tells what it holds. Safe to use from many threads.
    """

    def __init__(self, most: int) -> None:
        """Begin with nothing; twice *most* are held at the most."""
        self._most = most
        self._young: dict[str, _Value] = {}
        self._old: dict[str, _Value] = {}

    def get(self, text: str) -> _Value | None:
        """Return what is remembered of a text, or None."""
        found = self._young.get(text)
        if found is None:
            found = self._old.get(text)
            if found is not None:
                self.put(text, found)
        return found

    def put(self, text: str, value: _Value) -> None:
        """Remember something of a text."""
        if len(self._young) >= self._most:
            self._young, self._old = {}, self._young
        self._young[text] = value

    def clear(self) -> None:
        """Forget all of it."""
        self._young, self._old = {}, {}

    def values(self) -> Iterator[_Value]:
        """Yield what is remembered, the oldest first."""
        yield from [*self._old.values(), *self._young.values()]
