"""Cutting what is to be said into messages that Telegram takes."""

from __future__ import annotations

from collections.abc import Iterable

#: Telegram's limit is 4,096 characters after parsing, by its documentation; its server counts code
#: points, its clients UTF-16 units. The markup counted in, this is under all three.
MAX_UNITS = 4_000
#: Beyond 100 entities Telegram silently drops formatting, links among it.
MAX_TAGS = 90


def count_units(text: str) -> int:
    """Return the length of *text* in UTF-16 code units, as Telegram's entities count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, units: int) -> str:
    """Return plain *text* cut at a word's end to at most so many UTF-16 units, with an ellipsis."""
    if count_units(text) <= units:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (units - 1)]
    short = kept.decode("utf-16-le", "ignore").rstrip()
    word_end = short.rfind(" ")
    if word_end > len(short) * 2 // 3:
        short = short[:word_end].rstrip(" ,;:-–—")
    return short + "…"


def join_blocks(blocks: Iterable[str], separator: str = "\n") -> list[str]:
    """Join blocks of HTML into as few messages as they need; a block is never cut.

    Every block must be whole in itself (its tags closed) and within the limits; those that are not
    are the caller's mistake, raised as ValueError.
    """
    messages: list[str] = []
    current = ""
    for block in blocks:
        if not _fits(block):
            raise ValueError(f"a block of {count_units(block)} units fits no message")
        joined = f"{current}{separator}{block}" if current else block
        if _fits(joined):
            current = joined
        else:
            messages.append(current.rstrip("\n"))
            current = block.lstrip("\n")
    if current:
        messages.append(current.rstrip("\n"))
    return messages


def _fits(html: str) -> bool:
    return count_units(html) <= MAX_UNITS and html.count("</") <= MAX_TAGS
