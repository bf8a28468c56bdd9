"""A feed server on loopback: RSS 2.0 as publishers serve it, and the articles behind it."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

MAX_LISTED = 60


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry of a feed."""

    guid: str
    title: str
    link: str
    summary: str
    published: datetime
    article: str = ""


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """One request for a feed, and how it was answered."""

    feed: str
    headers: dict[str, str]
    status: int
    at: datetime


@dataclass(slots=True)
class _Raw:
    body: bytes
    status: int
    headers: dict[str, str]


@dataclass(slots=True)
class _Feed:
    name: str
    title: str
    language: str = "en"
    items: list[FeedItem] = field(default_factory=list)
    changed: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    raw: _Raw | None = None


class FeedServer:
    """Serves ``{url}/{feed}`` from items added here, or over HTTP by POST to ``/_items/{feed}``."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[FeedRequest] = []
        self._feeds: dict[str, _Feed] = {}
        self._articles: dict[str, tuple[_Feed, FeedItem]] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``url`` is known from here on."""
        app = web.Application()
        app.router.add_post("/_items/{feed}", self._post_item)
        app.router.add_post("/_raw/{feed}", self._post_raw)
        app.router.add_get("/_requests", self._get_requests)
        app.router.add_get("/articles/{article}", self._get_article)
        app.router.add_get("/{feed}", self._get_feed)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the door."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def feed_url(self, feed: str) -> str:
        """Return where *feed* is served."""
        return f"{self.url}/{feed}"

    def add_feed(self, feed: str, *, title: str = "", language: str = "en") -> None:
        """Open a feed, or give one its title; until it has items it is served empty."""
        found = self._feeds.setdefault(feed, _Feed(feed, title or feed, language))
        found.title, found.language = title or found.title, language

    def add_item(
        self,
        feed: str,
        title: str,
        *,
        link: str | None = None,
        summary: str = "",
        published: datetime | None = None,
        guid: str | None = None,
        article: str = "",
    ) -> FeedItem:
        """Print one item, newest first; without *link* it leads to a page of this server."""
        if feed not in self._feeds:
            self.add_feed(feed)
        found = self._feeds[feed]
        key = hashlib.sha256(f"{feed}\n{guid or link or title}".encode()).hexdigest()[:16]
        link = link or f"{self.url}/articles/{key}"
        published = published or datetime.now(UTC)
        item = FeedItem(guid or link, title, link, summary, published, article)
        # The same guid again is the publisher's correction of what stood there.
        found.items = [item, *(each for each in found.items if each.guid != item.guid)]
        del found.items[MAX_LISTED:]
        found.changed = datetime.now(UTC).replace(microsecond=0)
        found.raw = None
        self._articles[link.rpartition("/")[2]] = (found, item)
        return item

    def set_raw(
        self, feed: str, body: bytes, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Serve these very bytes as *feed* until the next item is added."""
        if feed not in self._feeds:
            self.add_feed(feed)
        self._feeds[feed].raw = _Raw(body, status, headers or {"Content-Type": "application/xml"})

    # HTTP

    async def _get_feed(self, request: web.Request) -> web.Response:
        name = request.match_info["feed"]
        feed = self._feeds.get(name)
        if feed is None:
            answer = web.Response(status=404, text="no such feed")
        else:
            answer = self._serve(feed, request)
        headers = dict(request.headers)
        self.requests.append(FeedRequest(name, headers, answer.status, datetime.now(UTC)))
        return answer

    def _serve(self, feed: _Feed, request: web.Request) -> web.Response:
        if feed.raw is not None:
            return web.Response(
                body=feed.raw.body, status=feed.raw.status, headers=dict(feed.raw.headers)
            )
        body = self._render(feed)
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        validators = {
            "ETag": tag,
            "Last-Modified": format_datetime(feed.changed, usegmt=True),
        }
        if _not_modified(request, tag, feed.changed):
            return web.Response(status=304, headers=validators)
        return web.Response(
            body=body,
            headers={**validators, "Content-Type": "application/rss+xml; charset=utf-8"},
        )

    def _render(self, feed: _Feed) -> bytes:
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<rss version="2.0"><channel>',
            f"<title>{escape(feed.title)}</title>",
            f"<link>{escape(self.feed_url(feed.name))}</link>",
            f"<description>{escape(feed.title)}</description>",
            f"<language>{escape(feed.language)}</language>",
        ]
        for item in feed.items:
            published = format_datetime(item.published.astimezone(UTC), usegmt=True)
            lines += [
                "<item>",
                f"<title>{escape(item.title)}</title>",
                f"<link>{escape(item.link)}</link>",
                f"<description>{escape(item.summary)}</description>",
                f'<guid isPermaLink="false">{escape(item.guid)}</guid>',
                f"<pubDate>{published}</pubDate>",
                "</item>",
            ]
        lines.append("</channel></rss>")
        return "\n".join(lines).encode()

    async def _get_article(self, request: web.Request) -> web.Response:
        found = self._articles.get(request.match_info["article"])
        if found is None:
            raise web.HTTPNotFound
        feed, item = found
        return web.Response(
            text=_article_page(feed, item),
            content_type="text/html",
            headers={
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _post_item(self, request: web.Request) -> web.Response:
        # A foreign page in the same browser can send any other type unasked.
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        try:
            body: dict[str, Any] = json.loads(await request.read())
            if published := body.get("published"):
                body["published"] = _read_time(published)
            if language := body.pop("language", None):
                self.add_feed(request.match_info["feed"], language=language)
            item = self.add_item(request.match_info["feed"], body.pop("title"), **body)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)
        return web.json_response({"guid": item.guid, "link": item.link})

    async def _post_raw(self, request: web.Request) -> web.Response:
        """Take the body as it is; ``?status=`` and the request's own content type go with it."""
        kind = request.headers.get("Content-Type", "application/xml")
        status = int(request.query.get("status", 200))
        self.set_raw(
            request.match_info["feed"], await request.read(), status, {"Content-Type": kind}
        )
        return web.json_response({})

    async def _get_requests(self, _: web.Request) -> web.Response:
        return web.json_response(
            [
                {"feed": each.feed, "status": each.status, "at": each.at.isoformat()}
                for each in self.requests
            ]
        )


def _not_modified(request: web.Request, tag: str, changed: datetime) -> bool:
    # As in RFC 9110, the tag decides alone when there is one.
    if (asked := request.headers.get("If-None-Match")) is not None:
        return tag in asked or asked.strip() == "*"
    since = request.headers.get("If-Modified-Since")
    if since is None:
        return False
    try:
        return changed <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def _read_time(published: str | float) -> datetime:
    if isinstance(published, int | float):
        return datetime.fromtimestamp(published, UTC)
    read = datetime.fromisoformat(published)
    if read.tzinfo is None:
        raise ValueError(f"published has no time zone: {published}")
    return read


_ARTICLE_STYLE = """
:root { color-scheme: light dark }
body { max-width: 38rem; margin: 3rem auto; padding: 0 1.25rem; line-height: 1.65;
       font-family: Georgia, "Noto Serif", "Noto Serif Armenian", serif; font-size: 1.1rem }
header, footer { font-family: system-ui, sans-serif; font-size: .85rem; opacity: .75 }
h1 { line-height: 1.25; margin: .6rem 0 1rem }
"""

_SAMPLE_NOTES = {
    "hy": "Հորինված օրինակ՝ ցուցադրության համար։ Այսպիսի լրատվամիջոց չկա։",
    "ru": "Вымышленный пример для демонстрации. Такого издания не существует.",
    "en": "A made-up sample for the demo. There is no such publisher.",
}


def _article_page(feed: _Feed, item: FeedItem) -> str:
    paragraphs = "".join(
        f"<p>{html.escape(paragraph)}</p>"
        for paragraph in (item.article or item.summary).split("\n")
        if paragraph.strip()
    )
    language = feed.language if feed.language in _SAMPLE_NOTES else "en"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(item.title)}</title><style>{_ARTICLE_STYLE}</style></head><body>"
        f"<header>{html.escape(feed.title)} · {item.published:%d.%m.%Y %H:%M} UTC</header>"
        f"<article><h1>{html.escape(item.title)}</h1>{paragraphs}</article>"
        f"<footer><hr><p>{_SAMPLE_NOTES[language]}</p></footer></body></html>"
    )
