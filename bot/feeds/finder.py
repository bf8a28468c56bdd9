"""Finding the feed behind an address that a person typed: the feed itself, or a site's."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from bs4 import BeautifulSoup
from yarl import URL

from bot.errors import FeedError
from bot.feeds.cleaning import clean_text
from bot.feeds.decode import decode
from bot.feeds.fetch import FeedFetcher, FetchedFeed
from bot.feeds.worker import ParseWorker
from bot.language import detect_language
from bot.model import Feed, FeedConfig, ParsedFeed, ParsedItem, Publisher, PublisherKind

_KINDS = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
#: Where sites keep feeds that they do not name; more guesses would be a nuisance.
_GUESSES = ("/feed/", "/rss", "/rss.xml")
_PAGE_BYTES = 1_000_000
_HEAD_BYTES = 20_000
_TITLE = re.compile(r"<title[^>]*>(.{0,1000}?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed, and what it holds."""

    url: str
    title: str
    items: tuple[ParsedItem, ...]
    language: str  #: hy, ru or en; mixed when its items are in several; other

    @property
    def newest_at(self) -> datetime | None:
        """When its newest item was published."""
        return max((each.published_at for each in self.items if each.published_at), default=None)


async def find_feed(
    address: str,
    fetcher: FeedFetcher,
    worker: ParseWorker,
    now: datetime,
    *,
    private: bool = False,
    name: str = "",
) -> FoundFeed:
    """Return the feed at *address*, or the one that the page there names.

    Raises FeedError when there is none. *private*: the address may be one of a private network.
    *name* is what feeds.yaml calls it, if it does: it may have a login there.
    """
    address = address if "://" in address else f"https://{address}"
    asked = _feed(address, private, name)
    fetched = await fetcher.fetch(asked, now)
    try:
        return await _read(fetched, worker)
    except FeedError as error:
        page = decode(fetched.body[:_PAGE_BYTES], fetched.content_type)
        if "<html" not in page.lower() and "<!doctype html" not in page.lower():
            raise
        first = error
    for url in _name_feeds(page, fetched.url):
        try:
            return await _read(await fetcher.fetch(_feed(url, private, name), now), worker)
        except FeedError as error:
            first = error
    raise FeedError(f"no feed found there ({first.reason})")


async def _read(fetched: FetchedFeed, worker: ParseWorker) -> FoundFeed:
    parsed: ParsedFeed = await worker.parse(fetched.body, fetched.content_type, fetched.url, "UTC")
    title = _TITLE.search(decode(fetched.body[:_HEAD_BYTES], fetched.content_type))
    return FoundFeed(
        url=fetched.url,
        title=clean_text(title[1].removeprefix("<![CDATA[").removesuffix("]]>"), 100)
        if title
        else "",
        items=parsed.items,
        language=_find_language(parsed.items),
    )


def _find_language(items: tuple[ParsedItem, ...]) -> str:
    found = Counter(detect_language(f"{each.title}\n{each.summary}", None) for each in items)
    if not found:
        return "other"
    (language, count), *_ = found.most_common(1)
    if language not in ("hy", "ru", "en"):
        return "other"
    return language if count >= 0.8 * len(items) else "mixed"


def _name_feeds(page: str, url: str) -> list[str]:
    base = URL(url)
    soup = BeautifulSoup(page, "html.parser")
    named = [
        str(link.get("href"))
        for link in soup.find_all("link", href=True)
        if str(link.get("type", "")).lower() in _KINDS
    ]
    # Comments have feeds too, and nobody means them.
    named.sort(key=lambda each: "comment" in each.lower())
    urls = []
    for each in (*named[:3], *_GUESSES):
        try:
            urls.append(str(base.join(URL(each))))
        except ValueError:
            continue
    return list(dict.fromkeys(urls))


def _feed(url: str, private: bool, name: str) -> Feed:
    nobody = Publisher(name="", country="", kind=PublisherKind.PRIVATE)
    return Feed(
        config=FeedConfig(
            name=name or url, url=url, publisher=nobody, language="other", allow_private=private
        )
    )


def describe_entry(
    found: FoundFeed, *, name: str = "", publisher: str = "", private: bool = False
) -> dict[str, object]:
    """Return the entry of feeds.yaml for a feed that was found."""
    host = name_host(found.url)
    entry: dict[str, object] = {
        "name": name or found.title or host,
        "url": found.url,
        "publisher": publisher or host,
        "language": found.language,
    }
    if private:
        entry["allow_private"] = True
    return entry


def name_host(url: str) -> str:
    """Return what to call a publisher of whom nothing is known but an address."""
    try:
        return (URL(url).host or url).removeprefix("www.")[:100]
    except ValueError:
        return url[:100]
