"""The chat page: plain files, served to the browser beside the Bot API."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_routes() -> list[web.RouteDef]:
    """Return the routes of the page and of every file it needs."""
    return [web.get("/", _index), web.get("/page/{name}", _file)]


async def _index(_: web.Request) -> web.Response:
    return _answer("index.html")


async def _file(request: web.Request) -> web.Response:
    return _answer(request.match_info["name"])


def _answer(name: str) -> web.Response:
    kind = _TYPES.get(name.rpartition(".")[2])
    path = files("bot.demo") / "page" / name
    if kind is None or "/" in name or not path.is_file():
        raise web.HTTPNotFound
    return web.Response(
        body=path.read_bytes(),
        content_type=kind,
        charset="utf-8",
        headers={
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        },
    )
