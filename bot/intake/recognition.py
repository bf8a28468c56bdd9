"""Recognition: which entries of a document are stored already, and under which name.

Pure: what is stored comes in, decisions go out. Telling news of yesterday's news twice is a
nuisance; taking news for yesterday's is what Sahman must never do, so doubt makes news.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.feeds.identity import By, Identity, bound_key, hash_text
from bot.model import KnownItem, ParsedItem

#: More changed items than these, and than a third of a document, were not mended one by one.
_FEW_CHANGED = 2
#: Two texts that share less than this of their words have little in common.
_LITTLE = 0.25
_STEM = 5
#: A date so near to the question is when the server answered, not when anything was published.
_STAMP = timedelta(minutes=2)
_SAME_HOUR = timedelta(minutes=30)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a document with what tells it from the others."""

    item: ParsedItem
    identity: Identity


@dataclass(frozen=True, slots=True)
class Recognised:
    """A document's entries, told apart by what is stored of its feed."""

    unknown: tuple[Entry, ...] = ()
    listed: tuple[tuple[Entry, KnownItem], ...] = ()  #: stored, in the same words
    changed: tuple[tuple[Entry, KnownItem], ...] = ()  #: stored, in other words
    renamed: tuple[tuple[Entry, KnownItem], ...] = ()  #: stored under another guid or link
    reused: tuple[tuple[Entry, KnownItem], ...] = ()  #: news under the guid of a stored item
    #: The words that those changed bore, by their ids.
    words: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many entries there are."""
        return sum(map(len, (self.unknown, self.listed, self.changed, self.renamed, self.reused)))

    @property
    def stored(self) -> list[KnownItem]:
        """The stored items that the document still lists."""
        return [known for _, known in (*self.listed, *self.changed, *self.renamed)]

    def is_rewritten(self) -> bool:
        """Say whether so much changed at once that the publisher changed its ways, not its news."""
        return len(self.changed) > max(_FEW_CHANGED, self.total / 3)

    def is_shifted(self) -> bool:
        """Say whether the guids are places in a list: what one bore, another bears now."""
        titles = {known.title for _, known in (*self.changed, *self.listed)}
        moved = sum(
            entry.item.title != known.title and entry.item.title in titles
            for entry, known in self.changed
        )
        return self.is_rewritten() and 2 * moved >= len(self.changed)


def recognise(
    entries: Iterable[Entry],
    by_key: Mapping[str, KnownItem],
    by_link: Mapping[str, Sequence[KnownItem]],
) -> Recognised:
    """Tell a document's entries apart by key, and by link where one of the two has no guid.

    Of two entries with one key the first counts.
    """
    unknown, listed, changed = [], [], []
    seen: set[str] = set()
    for entry in entries:
        if entry.identity.key in seen:
            continue
        seen.add(entry.identity.key)
        known = _find_known(entry.identity, by_key, by_link)
        if known is None:
            unknown.append(entry)
        elif _is_changed(entry.item, known):
            changed.append((entry, known))
        else:
            listed.append((entry, known))
    return Recognised(tuple(unknown), tuple(listed), tuple(changed))


def tell_renamed(
    recognised: Recognised, previous: Collection[KnownItem], now: datetime
) -> Recognised:
    """Take out of the unknown what the document listed before under other names.

    *previous* are stored items of the last document that bear titles of unknown entries. One that
    this document lists as well is another item, and one of another date is news under an old title:
    an alarm, a daily report, a rate.
    """
    taken = {known.id for known in recognised.stored}
    gone = [known for known in previous if known.id not in taken]
    mostly_unknown = 2 * len(recognised.unknown) > recognised.total and len(recognised.unknown) > 1
    stamps = _find_stamps(recognised, gone, now)
    unknown, listed, renamed = [], [], []
    for entry in recognised.unknown:
        match = next(
            (
                known
                for known in gone
                if known.title == entry.item.title
                and (
                    (entry.identity.by is By.TITLE and entry.identity.key in stamps)
                    or _is_same_date(entry, known, sure=mostly_unknown)
                )
            ),
            None,
        )
        if match is None:
            unknown.append(entry)
            continue
        gone.remove(match)
        if entry.identity.by is By.TITLE:
            listed.append((entry, match))
        else:
            renamed.append((entry, match))
    return replace(
        recognised,
        unknown=tuple(unknown),
        listed=(*recognised.listed, *listed),
        renamed=tuple(renamed),
    )


def tell_reused(recognised: Recognised, words: Mapping[int, tuple[str, str]]) -> Recognised:
    """Take out of the changed what is another story under an old guid: other words, another date.

    *words* are the titles and summaries that the changed items bore. Where most of a document
    changed at once, nothing is taken out.
    """
    if recognised.is_rewritten():
        return replace(recognised, words=words)
    changed, reused = [], []
    for entry, known in recognised.changed:
        redated = entry.item.published_at is None or entry.item.published_at != known.dated_at
        title, summary = words.get(known.id, (known.title, ""))
        if redated and _share(f"{title} {summary}", _text(entry.item)) < _LITTLE:
            reused.append((entry, known))
        else:
            changed.append((entry, known))
    return replace(recognised, changed=tuple(changed), reused=tuple(reused), words=words)


def _find_known(
    identity: Identity,
    by_key: Mapping[str, KnownItem],
    by_link: Mapping[str, Sequence[KnownItem]],
) -> KnownItem | None:
    known = by_key.get(identity.key)
    if known is not None:
        return known
    older = (by_key[key] for key in identity.older_keys if key in by_key)
    sharing = by_link.get(identity.link, ()) if identity.own else ()
    if identity.by is By.TITLE:
        return None  # older versions looked at no date: `tell_renamed` does
    if identity.by is By.LINK:
        return next(older, None) or next(iter(sharing), None)
    # A guid that is new on a page that is known is a new item, save where that one had no guid.
    return next(older, None) or next(
        (known for known in sharing if known.key == bound_key(identity.link)), None
    )


def _is_changed(item: ParsedItem, known: KnownItem) -> bool:
    if item.title != known.title:
        return True
    return known.text_hash != 0 and find_text_hash(item) != known.text_hash


def find_text_hash(item: ParsedItem) -> int:
    """Return the hash of an item's words, made now if it was not made where it was parsed."""
    return item.text_hash or hash_text(item.title, item.summary)


def _is_same_date(entry: Entry, known: KnownItem, *, sure: bool) -> bool:
    at = entry.item.published_at
    if at is not None and not entry.item.day_only:
        # What older versions stored says only when it was taken to be published.
        return at in (known.dated_at, known.published_at)
    # A day, or no date at all, tells little: only where most of the document goes by new names.
    return sure and at == known.dated_at


def _find_stamps(
    recognised: Recognised, gone: Sequence[KnownItem], now: datetime
) -> frozenset[str]:
    """Return the keys of entries known by title and date whose dates are no dates of theirs.

    Some servers date every entry anew whenever they are asked. So does this one where all of its
    entries that were listed before are dated anew, or its only one to the minute of the question.
    """
    if any(entry.identity.by is By.TITLE for entry, _ in recognised.listed):
        return frozenset()
    titles = {known.title: known for known in gone}
    moved = [
        entry
        for entry in recognised.unknown
        if entry.identity.by is By.TITLE and entry.item.title in titles
    ]
    if len(moved) == 1:
        at, before = moved[0].item.published_at, titles[moved[0].item.title].published_at
        if at is not None and abs(now - at) > _STAMP and abs(at - before) > _SAME_HOUR:
            return frozenset()
    return frozenset(entry.identity.key for entry in moved)


def _text(item: ParsedItem) -> str:
    return f"{item.title} {item.summary}"


def _share(one: str, other: str) -> float:
    """Return what two texts share of the beginnings of their words, 0 to 1 (Jaccard)."""
    first, second = (
        {word[:_STEM] for word in _WORD.findall(text.casefold())} for text in (one, other)
    )
    return len(first & second) / len(first | second) if first | second else 1.0
