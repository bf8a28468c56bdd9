"""The operator's page: what works and what does not, and feeds managed; names nobody who reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bot.delivery.publishers import list_publishers, say_kind
from bot.delivery.silences import render_days
from bot.errors import DatabaseError
from bot.feeds.health import judge_health
from bot.model import PublisherKind
from bot.storage import Storage
from bot.texts import LANGUAGES, Texts, choose_language
from bot.web.facts import FactsDesk
from bot.web.feed_forms import Answer, FeedForms
from bot.web.gate import HEADERS, Gate
from bot.web.live import Live
from bot.web.metrics import Metrics
from bot.web.rendering import FOLDER, Pages, draw_bars

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LANGUAGE = "sahman_language"
_FORM_MAY_TAKE_S = 10.0
_YEAR_S = 31_536_000
_SHOWN_DAYS = 14
#: Every open page of a language is sent the same.
_PART_KEPT_S = 2.0
#: What lies in the folder and anybody may have.
_FILES = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


class OperatorsPage:
    """Serves the page to those whom the gate lets in."""

    def __init__(
        self,
        gate: Gate,
        desk: FactsDesk,
        storage: Storage,
        forms: FeedForms,
        texts: Mapping[str, Texts],
        metrics: Metrics,
    ) -> None:
        self._gate = gate
        self._desk = desk
        self._storage = storage
        self._forms = forms
        self._texts = texts
        self._pages = Pages()
        self._parts: dict[str, tuple[float, str]] = {}
        self.live = Live(self._write_part, metrics.streams)

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.get("/", self._guard(self._show)),
            web.get("/live", self._guard(self._stream)),
            web.get("/feed", self._guard(self._show_feed)),
            web.post("/feeds", self._guard(self._manage)),
            web.post("/retry", self._guard(self._owe_again)),
            web.post("/logout", self._guard(self._log_out)),
            web.post("/login", self._guard(self._log_in, known=False)),
            *(web.get(f"/{name}", self._guard(self._give, known=False)) for name in _FILES),
        ]

    def _guard(self, answer: Answering, *, known: bool = True) -> Answering:
        """Return the handler behind the gate; *known*: whoever is not let in is asked for it."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            texts = self._choose_texts(request)
            if not self._gate.is_named(request):
                said = texts.say("This page has no such name. Set BOT_PAGE_URL to its address.")
                return self._say(request, Answer(title=said, status=421))
            if known and not self._gate.is_known(request):
                if request.method != "GET" or request.path == "/live" or not self._gate.asks:
                    said = texts.say("Only who has the token is let in (BOT_PAGE_TOKEN).")
                    return self._say(request, Answer(title=said, status=403))
                return self._ask(request, "")
            if request.method == "POST":
                if not self._gate.take_post(request):
                    said = texts.say("Too much at once: wait a minute.")
                    return self._say(request, Answer(title=said, status=429))
                form = await _read_form(request)
                if not self._gate.is_own_form(request, form.get("form", "")):
                    said = texts.say("This form is too old, or of another page. Load it again.")
                    return self._say(request, Answer(title=said, status=403))
            try:
                return await answer(request)
            except DatabaseError:
                said = texts.say("the database cannot be used")
                return self._say(request, Answer(title=said, status=503))

        return guarded

    async def _show(self, request: web.Request) -> web.StreamResponse:
        texts = self._choose_texts(request)
        part = Markup(await self._write_part(texts.language))  # noqa: S704 - a template's, escaped
        response = self._write(
            request, "page.html", title="Sahman", part=part, asks=self._gate.asks
        )
        if request.query.get("lang") in LANGUAGES:
            response.set_cookie(
                _LANGUAGE, texts.language, max_age=_YEAR_S, httponly=True, samesite="Strict"
            )
        return response

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self.live.stream(request, self._choose_texts(request).language, HEADERS)

    async def _show_feed(self, request: web.Request) -> web.StreamResponse:
        """Show what became of one feed's items, day by day."""
        name, texts = request.query.get("name", ""), self._choose_texts(request)
        overview = (await self._desk.load(whole=True)).overview
        if overview is None:
            raise DatabaseError("the database cannot be used")
        if name not in {feed.name for feed in overview.feeds}:
            return self._say(request, Answer(title=texts.say("There is no such feed."), status=404))
        days = await self._storage.silences.load_days(name, _SHOWN_DAYS)
        told = Markup("\n").join(render_days(name, days, texts).split("\n")[1:])
        return self._say(request, Answer(title=name, told=told))

    async def _manage(self, request: web.Request) -> web.StreamResponse:
        form = await _read_form(request)
        answer = await self._forms.take(form, self._choose_texts(request), self._desk.clock())
        self._forget()
        return self._say(request, answer) if answer is not None else self._go_back()

    async def _owe_again(self, request: web.Request) -> web.StreamResponse:
        """Owe what was given up once more, as `outbox --retry` does."""
        await self._storage.deliveries.owe_dead_again(self._desk.clock())
        self._forget()
        return self._go_back()

    def _forget(self) -> None:
        """Show what was changed here at once."""
        self._desk.forget()
        self._parts.clear()

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        texts = self._choose_texts(request)
        if not self._gate.may_try(request):
            return self._ask(request, texts.say("Too much at once: wait a minute."), 429)
        given = (await _read_form(request)).get("token", "").strip()
        response = self._go_back()
        if self._gate.asks and not self._gate.let_in(request, given, response):
            return self._ask(request, texts.say("That is not the token."), 403)
        return response

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        response = self._go_back()
        self._gate.let_out(response)
        return response

    async def _give(self, request: web.Request) -> web.StreamResponse:
        name = request.path.removeprefix("/")
        text = await asyncio.to_thread((FOLDER / name).read_text, encoding="utf-8")
        return web.Response(text=text, content_type=_FILES[name], charset="utf-8", headers=HEADERS)

    async def _write_part(self, language: str) -> str:
        """Return the part of the page that changes."""
        now_s = asyncio.get_running_loop().time()
        until_s, part = self._parts.get(language, (now_s, ""))
        if now_s >= until_s:
            facts = await self._desk.load(whole=True)
            part = self._pages.write(
                "live.html", self._texts[language], facts.at, facts=facts,
                draw_bars=draw_bars, judge_health=judge_health, list_publishers=list_publishers,
            )  # fmt: skip
            self._parts[language] = now_s + _PART_KEPT_S, part
        return part

    def _ask(self, request: web.Request, fault: str, status: int = 401) -> web.Response:
        title = self._choose_texts(request).say("The operator's page")
        return self._write(request, "login.html", status, title=title, fault=fault)

    def _say(self, request: web.Request, answer: Answer) -> web.Response:
        return self._write(
            request, "said.html", answer.status,
            title=answer.title, told=answer.told, found=answer.found, entry=answer.entry,
            kinds=list(PublisherKind), say_kind=say_kind,
        )  # fmt: skip

    def _write(
        self, request: web.Request, template: str, status: int = 200, **values: Any
    ) -> web.Response:
        form = self._gate.open_visit(request)
        texts = self._choose_texts(request)
        text = self._pages.write(template, texts, self._desk.clock(), form=form, **values)
        response = web.Response(
            text=text, status=status, content_type="text/html", charset="utf-8", headers=HEADERS
        )
        self._gate.keep_visit(request, response)
        return response

    def _go_back(self) -> web.Response:
        return web.Response(status=303, headers={**HEADERS, "Location": "/"})

    def _choose_texts(self, request: web.Request) -> Texts:
        """Return the language that was chosen, or one that the browser asks for."""
        for chosen in (request.query.get("lang"), request.cookies.get(_LANGUAGE)):
            if chosen in LANGUAGES:
                return self._texts[chosen]
        asked = request.headers.get("Accept-Language", "").split(",")
        spoken = (each.split(";")[0].strip().split("-")[0].lower() for each in asked)
        return self._texts[choose_language(next((e for e in spoken if e in LANGUAGES), None))]


async def _read_form(request: web.Request) -> dict[str, str]:
    """Return what a form brings; nothing where it cannot be read, or takes too long."""
    try:
        async with asyncio.timeout(_FORM_MAY_TAKE_S):
            return {name: str(value) for name, value in (await request.post()).items()}
    except (TimeoutError, ValueError, LookupError):
        return {}
