"""The archive for everybody: stories by day and by words, how each came about, and feeds of them.

Switched on by BOT_ARCHIVE. It shows what publishers printed, by headline and link, and nothing of
readers. Whoever asks too much waits a minute.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from aiohttp import web
from yarl import URL

from bot.chat.found import find_stories
from bot.delivery.periods import Period
from bot.delivery.requests import Request, parse_request
from bot.delivery.timeline import find_turns
from bot.errors import DatabaseError
from bot.matching import KeywordRefused
from bot.model import MatchedStory
from bot.storage import Storage
from bot.texts import LANGUAGES, OWN_NAMES, Texts, choose_language
from bot.web.archive_entries import describe_story, describe_turn
from bot.web.archive_feeds import FEEDS, FeedOf, write_feed
from bot.web.gate import HEADERS, Allowance
from bot.web.rendering import FOLDER, Pages

_ON_A_PAGE = 30
_IN_A_FEED = 50
#: From one address, in a minute.
_REQUESTS = 120
#: Searches at the same time: alerts go before readers of the archive.
_AT_ONCE = 4
_ZONE = "UTC"
_FRESH_S = 60
_MOST_WORDS = 300
_PUBLIC = {
    **HEADERS,
    "Cache-Control": f"public, max-age={_FRESH_S}",
    "Vary": "Accept-Language",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@dataclass(frozen=True, slots=True)
class _Page:
    """What is answered, before it is known whether the asker has it already."""

    body: str
    kind: str = "text/html"
    status: int = 200


class ArchivePages:
    """Serves the archive to anybody, read-only."""

    def __init__(
        self,
        storage: Storage,
        texts: Mapping[str, Texts],
        clock: Callable[[], datetime],
        own_url: str | None,
    ) -> None:
        self._storage = storage
        self._texts = texts
        self._clock = clock
        self._own_url = URL(own_url) if own_url else None
        self._pages = Pages()
        self._asked = Allowance(_REQUESTS, clock)
        self._searching = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.get("/archive", self._answer),
            web.get("/archive/style.css", self._give_style),
            web.get(r"/archive/day/{day:\d{4}-\d\d-\d\d}", self._answer),
            web.get(r"/archive/story/{story:\d{1,18}}", self._answer),
            web.get(f"/archive/feed.{{feed:{'|'.join(FEEDS)}}}", self._answer),
        ]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        texts = self._choose_texts(request)
        if not self._asked.spend(request.remote or ""):
            return web.Response(status=429, headers={**_PUBLIC, "Retry-After": "60"})
        try:
            async with self._searching:
                page = await self._write(request, texts)
        except DatabaseError:
            return web.Response(status=503, headers={**_PUBLIC, "Retry-After": "60"})
        mark = hashlib.sha256(page.body.encode()).hexdigest()[:32]
        response = web.Response(
            text=page.body,
            status=page.status,
            content_type=page.kind,
            charset="utf-8",
            headers=_PUBLIC,
        )
        response.etag = mark
        known = request.if_none_match or ()
        if page.status == 200 and any(each.value in (mark, "*") for each in known):
            return web.Response(status=304, headers={**_PUBLIC, "ETag": f'"{mark}"'})
        return response

    async def _write(self, request: web.Request, texts: Texts) -> _Page:
        match dict(request.match_info):
            case {"story": story}:
                return await self._show_story(int(story), texts)
            case {"day": day}:
                return await self._show_day(day, texts)
            case {"feed": kind}:
                return await self._feed(request, kind, texts)
        return await self._show_found(request, texts)

    async def _show_found(self, request: web.Request, texts: Texts) -> _Page:
        words = " ".join(request.query.get("q", "").split())[:_MOST_WORDS]
        asked = await self._read(words)
        before = request.query.get("before", "")
        last = int(before) if before.isdecimal() and len(before) <= 18 else None
        found: list[MatchedStory] = []
        if asked is not None:
            found = await find_stories(self._storage, asked, _ON_A_PAGE + 1, before=last)
        older = found[_ON_A_PAGE - 1].lead.item.id if len(found) > _ON_A_PAGE else None
        return self._page(
            "archive.html", texts,
            title=words or texts.say("The archive"), words=words, older=older, day=None,
            entries=[describe_story(each, texts, self._clock()) for each in found[:_ON_A_PAGE]],
        )  # fmt: skip

    async def _show_day(self, written: str, texts: Texts) -> _Page:
        try:
            day = date.fromisoformat(written)
        except ValueError:
            return self._say(texts.say("There is no such day."), texts)
        since = datetime(day.year, day.month, day.day, tzinfo=UTC)
        period = Period(since, since + timedelta(days=1))
        found = await find_stories(self._storage, Request(period=period), 500, before=None)
        return self._page(
            "archive.html", texts,
            title=texts.date(written), words="", older=None, day=day,
            entries=[describe_story(each, texts, self._clock()) for each in found],
        )  # fmt: skip

    async def _show_story(self, story_id: int, texts: Texts) -> _Page:
        story = await self._storage.stories.load(story_id)
        if story is None or not story.tellings:
            return self._say(texts.say("There is no such story, or not any more."), texts)
        items = [each.item.id for each in story.tellings]
        versions = await self._storage.stories.load_versions(items)
        turns = [describe_turn(each, texts) for each in find_turns(story, versions)]
        return self._page(
            "story.html", texts,
            title=story.tellings[0].item.title, turns=turns, story=story,
        )  # fmt: skip

    async def _feed(self, request: web.Request, kind: str, texts: Texts) -> _Page:
        words = " ".join(request.query.get("q", "").split())[:_MOST_WORDS]
        asked = await self._read(words)
        if asked is None:
            return _Page(str(texts.say("These words cannot be looked for.")), "text/plain", 400)
        found = await find_stories(self._storage, asked, _IN_A_FEED, before=None)
        own = self._own_url or request.url.origin()
        feed = FeedOf(
            title=f"Sahman · {words}" if words else "Sahman",
            home=str(own.with_path("/archive").with_query({"q": words} if words else {})),
            own=str(own.with_path(request.path).with_query({"q": words} if words else {})),
            story=lambda number: str(own.with_path(f"/archive/story/{number}").with_query({})),
            language=texts.language,
        )
        entries = [describe_story(each, texts, self._clock()) for each in found]
        return _Page(write_feed(kind, feed, entries, self._pages), FEEDS[kind])

    async def _read(self, words: str) -> Request | None:
        """Return what is asked for; None for what cannot be looked for."""
        if not words:
            return Request()
        publishers = await self._storage.items.load_publishers()
        try:
            asked, unknown = await asyncio.to_thread(
                parse_request, words, publishers, _ZONE, self._clock()
            )
        except KeywordRefused:
            return None
        return None if unknown else asked

    def _say(self, said: str, texts: Texts) -> _Page:
        page = self._page("archive_said.html", texts, title=said)
        return _Page(page.body, status=404)

    def _page(self, template: str, texts: Texts, **values: object) -> _Page:
        now = self._clock()
        return _Page(
            self._pages.write(
                template,
                texts,
                now,
                today=now.date(),
                previous=_previous,
                following=_following,
                **values,
            )
        )

    async def _give_style(self, request: web.Request) -> web.StreamResponse:
        text = await asyncio.to_thread((FOLDER / "page.css").read_text, encoding="utf-8")
        return web.Response(text=text, content_type="text/css", charset="utf-8", headers=_PUBLIC)

    def _choose_texts(self, request: web.Request) -> Texts:
        """Return the language of the address, or one that the browser asks for."""
        chosen = request.query.get("lang", "")
        if chosen in OWN_NAMES:
            return self._texts[chosen]
        asked = request.headers.get("Accept-Language", "").split(",")
        spoken = (each.split(";")[0].strip().split("-")[0].lower() for each in asked)
        return self._texts[choose_language(next((e for e in spoken if e in LANGUAGES), None))]


def _previous(day: date) -> date:
    return day - timedelta(days=1) if day > date.min else day


def _following(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day
