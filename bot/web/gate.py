"""The gate of the operator's page: who may see it, and whether a form came from it.

Without a token only this machine is let in, and nothing that a proxy handed on. With one, it is
asked for once; a cookie that is made of it, and does not hold it, stands for it afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import SecretStr
from yarl import URL

#: What every answer of the page bears. Not "no-referrer": with it, browsers hide from us too where
#: a form comes from.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_SESSION, _VISIT = "sahman_page", "sahman_visit"
_NEW_VISIT = web.RequestKey("visit", str)
_SESSION_LASTS = timedelta(days=7)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: What a proxy adds: whoever asks through one is not on this machine.
_HANDED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
#: In a minute, from one address.
_WRONG_TOKENS = 5
_POSTS = 30
_MOST_ADDRESSES = 1_000


class Gate:
    """Lets people in, and their forms."""

    def __init__(
        self,
        listen: str,
        page_url: str | None,
        token: SecretStr | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._token = token.get_secret_value().encode() if token else b""
        self._clock = clock
        self._own = URL(page_url) if page_url else None
        self._names = {*_LOOPBACK, listen.rpartition(":")[0].strip("[]").lower()}
        if self._own is not None and self._own.host:
            self._names.add(self._own.host.lower())
        # Of a token, the same in every process and after a restart.
        self._key = hmac.digest(self._token or secrets.token_bytes(32), b"sahman page", "sha256")
        self._wrong = Allowance(_WRONG_TOKENS, clock)
        self._posts = Allowance(_POSTS, clock)

    @property
    def asks(self) -> bool:
        """Whether a token is asked for."""
        return bool(self._token)

    def is_named(self, request: web.Request) -> bool:
        """Say whether the request is for a name of ours: others' names may point here too.

        https://en.wikipedia.org/wiki/DNS_rebinding
        """
        host = _host_of(f"//{request.host}")
        return host in self._names or (self.asks and _is_number(host))

    def is_known(self, request: web.Request) -> bool:
        """Say whether whoever asks may see the page."""
        if not self.asks:
            return not any(name in request.headers for name in _HANDED_ON)
        until, _, sealed = request.cookies.get(_SESSION, "").partition(".")
        if not until.isdecimal() or len(until) > 12:
            return False
        good = hmac.compare_digest(self._seal(f"session {until}"), _to_bytes(sealed))
        return good and int(until) > self._clock().timestamp()

    def has_token(self, request: web.Request) -> bool:
        """Say whether a machine named the token, as `Authorization: Bearer TOKEN`."""
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return self.asks and kind.lower() == "bearer" and self._is_token(given.strip())

    def may_try(self, request: web.Request) -> bool:
        """Say whether this address may try another token."""
        return self._wrong.has_room(request.remote or "")

    def let_in(self, request: web.Request, given: str, response: web.Response) -> bool:
        """Let whoever gives the token in, by a cookie; say whether it is the token."""
        if not self._is_token(given):
            self._wrong.spend(request.remote or "")
            return False
        until = int((self._clock() + _SESSION_LASTS).timestamp())
        sealed = self._seal(f"session {until}").decode()
        lasts_s = int(_SESSION_LASTS.total_seconds())
        self._keep(request, response, _SESSION, f"{until}.{sealed}", lasts_s)
        return True

    def let_out(self, response: web.Response) -> None:
        """Forget whom the cookie stands for."""
        response.del_cookie(_SESSION, path="/")

    def open_visit(self, request: web.Request) -> str:
        """Return what a form of this visitor's has to bring; `keep_visit` sends its other half."""
        visit = request.cookies.get(_VISIT, "")
        if not 20 <= len(visit) <= 64 or not visit.isascii():
            if _NEW_VISIT not in request:
                request[_NEW_VISIT] = secrets.token_urlsafe(24)
            visit = request[_NEW_VISIT]
        return self._seal(f"visit {visit}").decode()

    def keep_visit(self, request: web.Request, response: web.StreamResponse) -> None:
        """Send the cookie of a new visitor."""
        if visit := request.get(_NEW_VISIT):
            self._keep(request, response, _VISIT, visit, None)

    def is_own_form(self, request: web.Request, brought: str) -> bool:
        """Say whether a form came from our page in this visitor's browser."""
        origin = request.headers.get("Origin", "")
        authority = origin.partition("://")[2].lower()
        ours = authority == request.host.lower() or (
            self._own is not None and origin.lower() == str(self._own.origin()).lower()
        )
        visit = request.cookies.get(_VISIT, "")
        sealed = self._seal(f"visit {visit}")
        return bool(visit) and ours and hmac.compare_digest(sealed, _to_bytes(brought))

    def take_post(self, request: web.Request) -> bool:
        """Count a form; say whether this address has not sent too many."""
        return self._posts.spend(request.remote or "")

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(_to_bytes(given), self._token)

    def _seal(self, words: str) -> bytes:
        return hmac.new(self._key, _to_bytes(words), hashlib.sha256).hexdigest().encode()

    def _keep(
        self,
        request: web.Request,
        response: web.StreamResponse,
        name: str,
        value: str,
        lasts_s: int | None,
    ) -> None:
        secure = request.secure or (self._own is not None and self._own.scheme == "https")
        response.set_cookie(
            name, value, max_age=lasts_s, path="/", httponly=True, samesite="Strict", secure=secure
        )


class Allowance:
    """So many a minute for each address, remembering the last thousand addresses."""

    def __init__(self, a_minute: int, clock: Callable[[], datetime]) -> None:
        self._a_minute = a_minute
        self._clock = clock
        #: When each began to be counted, and how many it had since.
        self._spent: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def has_room(self, address: str) -> bool:
        """Say whether there is one left."""
        return self._of(address)[1] < self._a_minute

    def spend(self, address: str) -> bool:
        """Take one; say whether there was one left."""
        since, count = self._of(address)
        self._spent[address] = (since, min(count + 1, self._a_minute))
        self._spent.move_to_end(address)
        if len(self._spent) > _MOST_ADDRESSES:
            self._spent.popitem(last=False)
        return count < self._a_minute

    def _of(self, address: str) -> tuple[datetime, int]:
        now = self._clock()
        since, count = self._spent.get(address, (now, 0))
        return (since, count) if timedelta() <= now - since < timedelta(minutes=1) else (now, 0)


def _to_bytes(words: str) -> bytes:
    # A header may hold any bytes; what is no UTF-8 of them stands for itself here.
    return words.encode("utf-8", "surrogateescape")


def _host_of(address: str) -> str:
    try:
        return (URL(address).host or "").lower()
    except ValueError:
        return ""


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
