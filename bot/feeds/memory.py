"""Entries that came before, letter for letter: cut out of a document so as not to parse them again.

Feedparser takes nine tenths of what a poll costs, and of thirty entries one is new. An entry means
the same as before when its own text and the tags around it are the same; nothing else of the
document bears on it. Where the cut is not certain, there is none and the document is read whole.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from bot.model import ParsedItem

_START = re.compile(r"<(item|entry)(?=[\s>])")
_AROUND = re.compile(r"<(?:rss|feed|rdf:RDF|channel)(?=[\s>])[^>]*>", re.IGNORECASE)
#: Items kept of all documents together: some 80 MB at most.
_MOST_ITEMS = 40_000


@dataclass(frozen=True)
class SplitFeed:
    """A document cut at its entries."""

    head: str
    chunks: tuple[str, ...]
    tail: str

    def join(self) -> str:
        """Return the document again."""
        return "".join((self.head, *self.chunks, self.tail))

    @cached_property
    def digests(self) -> list[bytes]:
        """What tells each entry from every other, the tags around it included."""
        around = "".join(_AROUND.findall(self.head)).encode("utf-8", "replace")
        key = blake2b(around).digest()
        return [
            blake2b(chunk.rstrip().encode("utf-8", "replace"), digest_size=16, key=key).digest()
            for chunk in self.chunks
        ]


def split_entries(text: str) -> SplitFeed | None:
    """Return a document cut at its entries; None where the cut is not certain."""
    first = _START.search(text)
    if first is None:
        return None
    opening, closing = first[1], f"</{first[1]}>"
    chunks, at = [], first.start()
    # A comment or a CDATA section around entries would make them text.
    if "<!--" in text[:at] or "<![CDATA[" in text[:at].rpartition("]]>")[2]:
        return None
    while True:
        end = text.find(closing, at)
        if end < 0:
            return None
        end += len(closing)
        chunk = text[at:end]
        if _is_tangled(chunk, opening):
            return None
        following = end
        while following < len(text) and text[following].isspace():
            following += 1
        chunks.append(text[at:following])
        begun = _START.match(text, following)
        if begun is None or begun[1] != opening:
            break
        at = following
    tail = text[following:]
    return None if _START.search(tail) else SplitFeed(text[: first.start()], tuple(chunks), tail)


class EntryMemory:
    """What the entries of each feed's last document were, the feeds asked longest ago dropped."""

    def __init__(self, most_items: int = _MOST_ITEMS) -> None:
        self._most_items = most_items
        self._items = 0
        self._feeds: OrderedDict[tuple[str, str], dict[bytes, ParsedItem | None]] = OrderedDict()

    def recall(
        self, url: str, timezone: str, split: SplitFeed
    ) -> list[tuple[ParsedItem | None] | None]:
        """Return for each entry what it was (None: without a text), or None for one never seen."""
        known = self._feeds.get((url, timezone), {})
        return [(known[digest],) if digest in known else None for digest in split.digests]

    def keep(
        self, url: str, timezone: str, split: SplitFeed, items: Sequence[ParsedItem | None]
    ) -> None:
        """Remember this document of a feed in the place of its last."""
        self._items -= len(self._feeds.pop((url, timezone), {}))
        kept = dict(zip(split.digests, items, strict=False))
        self._feeds[url, timezone] = kept
        self._items += len(kept)
        while self._items > self._most_items and self._feeds:
            self._items -= len(self._feeds.popitem(last=False)[1])


def _is_tangled(chunk: str, opening: str) -> bool:
    """Say whether an entry may end elsewhere than its first closing tag stands."""
    if chunk.count(f"<{opening}") > 1 and len(_START.findall(chunk)) > 1:
        return True
    return "<!--" in chunk or chunk.count("<![CDATA[") != chunk.count("]]>")
