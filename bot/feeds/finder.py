"""Finding the feed behind an address that a person typed: the feed itself, or a site's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yarl import URL

from bot.errors import FeedError
from bot.feeds.addresses import mend_address
from bot.feeds.cleaning import clean_text
from bot.feeds.decode import decode
from bot.feeds.fetch import FeedFetcher, FetchedFeed
from bot.feeds.worker import ParseWorker
from bot.language import detect_language
from bot.model import Feed, FeedConfig, ParsedFeed, ParsedItem, Publisher, PublisherKind

#: What a page may call its feed, the surest first; the last two name other things as well.
_KINDS = (
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
    "application/xml", "text/xml", "application/json",
)  # fmt: skip
#: Where sites keep feeds that they do not name; more guesses would be a nuisance.
_GUESSES = (
    "/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json",
)  # fmt: skip
_MOST_NAMED = 6
# https://www.rfc-editor.org/rfc/rfc8288#section-3
_LINK_HEADER = re.compile(
    r"<([^<>]{1,2000})>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\",;\s]+))?)*)"
)
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\",;\s]+))")
_LIKE_A_FEED = re.compile(r"\b(?:rss|feeds?|atom|rdf)\b|[/=.](?:rss|feed|atom)", re.IGNORECASE)
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
    fetched = await fetcher.fetch(_feed(mend_address(address), private, name), now)
    try:
        return await _read(fetched, worker)
    except FeedError as error:
        page = decode(fetched.body[:_PAGE_BYTES], fetched.content_type)
        if "<html" not in page.lower() and "<!doctype html" not in page.lower():
            raise
        first = error
    for url in _name_feeds(page, fetched):
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


def _name_feeds(page: str, fetched: FetchedFeed) -> list[str]:
    """Return where a page says that its feeds are, the likeliest first, then where they may be."""
    from bs4 import BeautifulSoup  # seldom needed, and 7 MB

    soup = BeautifulSoup(page, "html.parser")
    base = _join(fetched.url, _attribute(soup.find("base", href=True), "href")) or fetched.url
    linked = [
        (_attribute(link, "type"), _attribute(link, "rel"), _attribute(link, "href"))
        for link in soup.find_all("link", href=True)
    ]
    named = sorted(_choose_links([*linked, *_read_link_header(fetched.link_header)]))
    anchors = [
        _attribute(anchor, "href")
        for anchor in soup.find_all("a", href=True)
        if _LIKE_A_FEED.search(f"{_attribute(anchor, 'href')} {anchor.get_text(' ')[:100]}")
    ]
    likely = [href for *_, href in named][:_MOST_NAMED] + anchors[:_MOST_NAMED]
    # Comments have feeds too, and nobody means them.
    likely.sort(key=lambda href: "comment" in href.lower())
    urls = [_join(base, href) for href in (*likely, *_GUESSES)]
    return list(dict.fromkeys(url for url in urls if url))


def _choose_links(linked: Iterable[tuple[str, str, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield the links that may lead to a feed, each with how sure its kind is and its place."""
    for place, (kind, relation, href) in enumerate(linked):
        kind = kind.partition(";")[0].strip().lower()
        relations = relation.lower().split()
        if kind in _KINDS and (not relations or {"alternate", "feed"} & {*relations}):
            yield _KINDS.index(kind), place, href
        elif not kind and "feed" in relations:
            yield 0, place, href


def _read_link_header(header: str) -> Iterator[tuple[str, str, str]]:
    for found in _LINK_HEADER.finditer(header):
        said = {
            name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(found[2])
        }
        yield said.get("type", ""), said.get("rel", ""), found[1]


def _attribute(tag: Any, name: str) -> str:
    """Return an attribute of an element; empty where there is none of them."""
    value = tag.get(name) if tag is not None else None
    return " ".join(value) if isinstance(value, list) else str(value or "")


def _join(base: str, href: str) -> str:
    try:
        joined = URL(base).join(URL(href.strip())) if href.strip() else None
    except ValueError:
        return ""
    return str(joined) if joined is not None and joined.scheme in ("http", "https") else ""


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
