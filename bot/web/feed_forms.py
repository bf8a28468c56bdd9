"""What the page's forms do with feeds: try one, add one, switch one; as /feeds does in chat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bot.chat.desk import FeedsDesk
from bot.config import load_feeds
from bot.delivery.split import cut
from bot.errors import ConfigError, FeedError
from bot.feeds.finder import FoundFeed, describe_entry, find_feed
from bot.feeds.logins import find_logins
from bot.feeds_yaml import FeedsFile
from bot.storage import Storage
from bot.texts import Texts

_LONGEST_WORDS = 2_000
_LONGEST_FAULT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said of a form that was sent."""

    title: Markup | str
    told: Markup | str = ""
    status: int = 200
    found: FoundFeed | None = None
    #: What would be written into feeds.yaml, to be agreed to.
    entry: Mapping[str, object] | None = None


class FeedForms:
    """Does with feeds what a form says."""

    def __init__(
        self,
        storage: Storage,
        desk: FeedsDesk,
        edited: Callable[[datetime], Awaitable[None]],
    ) -> None:
        """*edited* is told that feeds.yaml was edited."""
        self._storage = storage
        self._desk = desk
        self._edited = edited

    async def take(self, form: Mapping[str, str], texts: Texts, now: datetime) -> Answer | None:
        """Do what a form says; None where the page itself shows what came of it."""
        words = {name: value.strip()[:_LONGEST_WORDS] for name, value in form.items()}
        try:
            if "try" in words:
                return await self._try(words.get("address", ""), texts, now)
            if "test" in words:
                return await self._test(words["test"], texts, now)
            if "add" in words:
                return await self._add(words, texts, now)
            for verb in ("on", "off"):
                if verb in words:
                    await self._switch(words[verb], now, wanted=verb == "on")
        except FeedError as error:
            return _failed(error.reason, texts)
        except ConfigError as error:
            return _failed(str(error.problems[0]), texts)
        return None

    async def _try(self, address: str, texts: Texts, now: datetime) -> Answer:
        """Find the feed behind an address, of no private network, and show it."""
        found = await find_feed(address, self._desk.fetcher, self._desk.worker, now)
        return _show(found, texts, describe_entry(found))

    async def _test(self, name: str, texts: Texts, now: datetime) -> Answer:
        listed = await asyncio.to_thread(load_feeds, self._desk.path, self._desk.variables)
        entry = next((each for each in listed.feeds if each.name == name), None)
        if entry is None:
            raise FeedError(f"no feed is called {name!r}")
        self._desk.fetcher.logins = find_logins(listed)
        found = await find_feed(
            entry.url, self._desk.fetcher, self._desk.worker, now,
            private=entry.allow_private, name=name,
        )  # fmt: skip
        return _show(found, texts, None)

    async def _add(self, words: Mapping[str, str], texts: Texts, now: datetime) -> Answer:
        named = ("name", "url", "publisher", "language")
        entry = {name: words.get(name, "") for name in named}
        publisher = {"country": words.get("country", ""), "kind": words.get("kind", "")}
        await asyncio.to_thread(FeedsFile(self._desk.path).add, entry, publisher)
        await self._edited(now)
        return Answer(title=texts.say("Added: {name}", name=entry["name"]))

    async def _switch(self, name: str, now: datetime, *, wanted: bool) -> None:
        await asyncio.to_thread(FeedsFile(self._desk.path).enable, name, wanted)
        await self._edited(now)
        if wanted:
            await self._storage.feeds.revive(name, now)


def _show(found: FoundFeed, texts: Texts, entry: Mapping[str, object] | None) -> Answer:
    told = texts.count(
        "{n} item, {language}",
        "{n} items, {language}",
        len(found.items),
        language=texts.language_name(found.language),
    )
    return Answer(
        title=found.title or found.url,
        told=Markup("{}\n{}").format(found.url, told),
        found=found,
        entry=entry,
    )


def _failed(why: str, texts: Texts) -> Answer:
    why = cut(why, _LONGEST_FAULT)
    return Answer(title=texts.say("That did not work: {why}", why=why), status=422)
