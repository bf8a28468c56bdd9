"""Stories as intake looks for them: those of the last days, and what a new item is to them."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import MAX_GRAVITY, ChangedItem, Item, NewItem, Ring, Role, Telling
from bot.storage.merging import Pair
from bot.storage.placing import Decided, Likely
from bot.storage.stories import Head
from bot.stories.counts import Counts
from bot.stories.headline import Headline, read_headline
from bot.stories.learnt import load_counts, pack_counts, unpack_counts
from bot.stories.news import MOST_RINGS, decide_news, needs_story_of_its_own
from bot.stories.open_stories import CLOSES_AFTER, Found, OpenStories

#: Half of what a headline counts is gone after a month.
_AGES_EVERY, _WEIGHS_AFTER_A_DAY = timedelta(hours=24), 0.977
#: Two stories that were told already are put together only where it is as sure as this.
_SURE = 0.9
_DIGITS = re.compile(r"\d+")


class StoryBook:
    """The stories of the last days, looked up in one thread while another opens them."""

    def __init__(self, counts: Counts | None = None) -> None:
        """Begin with no story, and with the counts that Sahman ships where none are given."""
        self._open = OpenStories(counts or load_counts())
        self._lock = threading.Lock()
        self._aged_at: datetime | None = None

    @property
    def newest(self) -> int:
        """The highest story that it knows."""
        return self._open.newest

    def look_again(self, alone: Sequence[Pair], told: Sequence[Pair]) -> list[tuple[int, int]]:
        """Return which stories that one item alone tells others tell too, after their first item.

        A first headline is often the poorest; what others add may be what another has said.
        """
        with self._lock:
            others = OpenStories(self._open.counts)
            for number, pair in enumerate(told, 1):
                others.add(number, _read(pair.item), pair.item.published_at)
            found = []
            for pair in alone:
                one = others.find(_read(pair.item), pair.item.published_at)
                if one is None or one.closed or one.verdict.score < _SURE:
                    continue
                other = told[one.story - 1].story
                if other != pair.story:
                    found.append((pair.story, other))
            return found

    def gather(self, heads: Iterable[Head]) -> list[tuple[int, int]]:
        """Take in stories that were stored before any were put together; return which are one."""
        pairs = []
        for head in heads:
            headline = read_headline(head.title, head.language)
            found = self.find(headline, head.published_at)
            self.count([headline], head.published_at)
            if found is None or found.closed:
                self.add(head.story, headline, head.published_at)
            else:
                pairs.append((found.story, head.story))
        return pairs

    def recall(self, kept: tuple[bytes, datetime] | None, heads: Iterable[Head]) -> None:
        """Take in what was kept: counts, with when they last aged, and the stories of late."""
        if kept is not None:
            packed, self._aged_at = kept
            with self._lock:
                self._open.counts = unpack_counts(packed)
        self.learn(heads)

    def pack_counts(self, now: datetime) -> tuple[bytes, datetime]:
        """Return the counts to be kept, aged if a day is over, and when they last aged."""
        with self._lock:
            if self._aged_at is None:
                self._aged_at = now
            days = (now - self._aged_at) // _AGES_EVERY
            if days > 0:
                self._open.counts.age(_WEIGHS_AFTER_A_DAY**days)
                self._aged_at = now
            return pack_counts(self._open.counts), self._aged_at

    def learn(self, heads: Iterable[Head]) -> None:
        """Take in stories that are stored."""
        for head in heads:
            headline = read_headline(head.title, head.language)
            with self._lock:
                self._open.add(head.story, headline, head.published_at)

    def find(
        self, headline: Headline, at: datetime, *, since: int = 0, but: Collection[int] = ()
    ) -> Found | None:
        """Return the story that a headline tells, of those opened after *since*, none of *but*."""
        with self._lock:
            return self._open.find(headline, at, since=since, but=but)

    def add(self, story: int, headline: Headline, at: datetime) -> None:
        """Take in a story by its first headline."""
        with self._lock:
            self._open.add(story, headline, at)

    def count(self, headlines: Iterable[Headline], now: datetime) -> None:
        """Learn from headlines how rare their keys are, and forget the stories of before."""
        with self._lock:
            self._open.close(now)
            for headline in headlines:
                self._open.counts.learn(headline)

    def forget(self, story: int) -> None:
        """Let go of a story that is not there."""
        with self._lock:
            self._open.forget(story)

    def forget_above(self, story: int) -> None:
        """Let go of stories that were not stored in the end."""
        with self._lock:
            self._open.forget_above(story)


class FoundStories:
    """The stories that one document's items tell, looked for beforehand.

    Only stories that were opened since are compared with them while it is stored.
    """

    def __init__(self, book: StoryBook, new: Sequence[NewItem], now: datetime) -> None:
        """Look for them; slow, and run beside the event loop."""
        self._book = book
        self._oldest = now - CLOSES_AFTER  # what is older tells no story of today
        self._since = book.newest
        self._headlines: Mapping[str, Headline] = {
            each.key: read_headline(each.title, each.language) for each in new
        }
        self._found = {each.key: self._look(each) for each in new}
        book.count(self._headlines.values(), now)
        self.learn = book.learn
        self.forget = book.forget
        self.forget_above = book.forget_above

    @property
    def newest(self) -> int:
        """The highest story that the book knows."""
        return self._book.newest

    def find(self, new: NewItem, but: Collection[int]) -> Likely | None:
        """Return the story that *new* tells, none of *but*."""
        before = self._found.get(new.key)
        if before is not None and before.story in but:
            before = self._look(new, but=but)
        since = self._look(new, since=self._since, but=but)
        found = max(
            (each for each in (before, since) if each is not None),
            key=lambda each: each.rank,
            default=None,
        )
        if found is None:
            return None
        return Likely(found.story, explain(found), closed=found.closed)

    def add(self, story: int, new: NewItem) -> None:
        """Take in the story that *new* has opened; what is old attracts nothing."""
        if new.published_at >= self._oldest:
            self._book.add(story, self._headline(new), new.published_at)

    def decide_change(
        self, old_title: str, changed: ChangedItem, rung: Collection[Ring]
    ) -> Decided:
        """Say what another headline of an item is to those who were told it."""
        old, new = (read_headline(each, changed.language) for each in (old_title, changed.title))
        more = bool(new.towns - old.towns) or max(new.tolls, default=0) > max(old.tolls, default=0)
        says_else = (
            new.tolls != old.tolls
            or new.towns != old.towns
            or new.denies != old.denies
            or new.gravity != old.gravity
        )
        if says_else and Ring.CORRECTED not in rung and len(rung) < MOST_RINGS:
            return Decided(edit=True, ring=Ring.CORRECTED)
        detail = more and new.gravity >= MAX_GRAVITY
        return Decided(edit=True, ring=Ring.DETAIL if detail else None)

    def decide(self, before: Sequence[Telling], new: Telling, rung: Collection[Ring]) -> Decided:
        """Say what *new* is to those who were told *before*."""
        return decide_joined(before, new, rung)

    def _look(self, new: NewItem, *, since: int = 0, but: Collection[int] = ()) -> Found | None:
        if new.published_at < self._oldest:
            return None
        return self._book.find(self._headline(new), new.published_at, since=since, but=but)

    def _headline(self, new: NewItem) -> Headline:
        return self._headlines.get(new.key) or read_headline(new.title, new.language)


def decide_joined(before: Sequence[Telling], new: Telling, rung: Collection[Ring]) -> Decided:
    """Say what an item that joins a story is to those who were told it."""
    headline = _read(new.item)
    if any(_is_another_of_its_kind(headline, new, each) for each in before):
        return Decided(edit=False, ring=None, apart=True)
    first = _find_first_print(headline, before)
    if new.role is Role.TOLD and first is not None:
        new = replace(new, role=Role.REPRINT, origin=first.item.publisher)
    detail = headline.gravity >= MAX_GRAVITY and _names_more(headline, before)
    if needs_story_of_its_own(rung, detail=detail, gravity=new.gravity):
        return Decided(edit=False, ring=None, apart=True, follows=True)
    # A summary is longer at one publisher than at another: its gravity is no news.
    told = replace(new, gravity=min(new.gravity, headline.gravity))
    news = decide_news(before, told, rung, detail=detail)
    return Decided(edit=news.edit, ring=news.ring, role=new.role, origin=new.origin)


def _read(item: Item) -> Headline:
    return read_headline(item.title, item.language)


def explain(found: Found) -> str:
    """Return by what an item was found to tell a story: how sure, and the words that met."""
    return f"{found.verdict.score:.2f} {', '.join(found.verdict.met)}".strip()


def _is_another_of_its_kind(headline: Headline, new: Telling, earlier: Telling) -> bool:
    """Say whether a feed prints by a template: an alarm as before, another number.

    It is new to its own feed, so that it tells another event in the same words.
    """
    if earlier.item.feed != new.item.feed:
        return False
    before = _read(earlier.item)
    return _DIGITS.sub("", before.folded) == _DIGITS.sub("", headline.folded)


def _find_first_print(headline: Headline, before: Sequence[Telling]) -> Telling | None:
    """Return whose text a headline is word by word, if anybody's."""
    for each in before:
        if _read(each.item).folded == headline.folded:
            return each
    return None


def _names_more(headline: Headline, before: Sequence[Telling]) -> bool:
    """Say whether a headline names a town, or a higher number, that was not told yet."""
    earlier = [_read(each.item) for each in before]
    towns = frozenset[str]().union(*(each.towns for each in earlier))
    highest = max((number for each in earlier for number in each.tolls), default=0)
    return bool(headline.towns - towns) or max(headline.tolls, default=0) > highest
