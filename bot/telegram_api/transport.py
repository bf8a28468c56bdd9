"""python-telegram-bot over aiohttp: a fifth of the cost of its own transport, and it scales.

`BaseRequest` is the library's public place for another transport:
https://docs.python-telegram-bot.org/en/stable/telegram.request.baserequest.html
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter
from yarl import URL

from bot.proxies import PROXY_FAILURES, open_session, say_proxy_failure

_READ_S = 15.0
_CONNECT_S = 5.0
_SERVER_FAILS = 500
_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,15})\b')
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class NotSent(NetworkError):
    """The request never reached the server: it may be sent again without fear of a double."""


class AnswerLost(NetworkError):
    """The connection ended before the answer: the request may have been taken all the same."""


class NotTelegrams(TelegramError):
    """An answer that is not Telegram's, or no JSON; with the first update that stands in it."""

    def __init__(self, first_update_id: int | None) -> None:
        super().__init__("the answer is not Telegram's")
        self.first_update_id = first_update_id


#: Set where a request must not go over a connection that was opened before: a failure to connect
#: then proves that nothing was taken, and silence on an old connection proves nothing.
over_fresh_connection: ContextVar[bool] = ContextVar("over_fresh_connection", default=False)


def written_fields(fields: Mapping[str, str]) -> RequestData:
    """Return the fields of one call, written out already, for `BaseRequest.post`.

    Spares a broadcast what the library does around every value and every answer: a third of what a
    message costs. It builds RequestData as python-telegram-bot does (bounded in pyproject.toml).
    """
    return RequestData([RequestParameter(name, text, None) for name, text in fields.items()])


@dataclass(slots=True)
class Reach:
    """How Telegram was last reached, on the event loop's clock."""

    answered_s: float | None = None
    #: Since when every request has failed; None: the last one did not.
    failing_since_s: float | None = None
    #: The time of day that an answer bore, and when that came.
    dated: tuple[str, float] | None = None

    def note_date(self, date: str) -> None:
        """Note what an answer says of the time."""
        self.dated = date, asyncio.get_running_loop().time()

    def note(self, *, answered: bool) -> None:
        """Note how a request ended."""
        now_s = asyncio.get_running_loop().time()
        if answered:
            self.answered_s, self.failing_since_s = now_s, None
        elif self.failing_since_s is None:
            self.failing_since_s = now_s


class AiohttpRequest(BaseRequest):
    """Carries Bot API requests over one shared aiohttp session."""

    def __init__(
        self,
        connections: int = 256,
        proxy: SecretStr | None = None,
        reach: Reach | None = None,
    ) -> None:
        super().__init__()
        self.reach = reach or Reach()
        self._proxy = proxy
        self._connections = connections
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    @property
    def read_timeout(self) -> float | None:
        """How long an answer may take, in seconds."""
        return _READ_S

    async def initialize(self) -> None:
        """Do nothing yet: the session is opened by the first request, and so always closed."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Parse an answer; raises NotTelegrams for a proxy's error page, without logging it.

        So do a number of thousands of digits and lists a thousand deep, which json refuses.
        """
        try:
            return dict(json.loads(payload))
        except (ValueError, TypeError, RecursionError) as error:
            raise NotTelegrams(_find_first_update(payload)) from error

    def _open(self) -> aiohttp.ClientSession:
        fresh = over_fresh_connection.get()
        if fresh not in self._sessions:
            self._sessions[fresh] = open_session(
                self._proxy,
                {"limit": self._connections, "force_close": fresh},
                headers={"User-Agent": self.USER_AGENT},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[fresh]

    async def shutdown(self) -> None:
        """Close the sessions."""
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request; return the answer's status and body.

        Raises NotSent when the request cannot have been taken, TimedOut when no answer came in
        time, and AnswerLost for a connection lost in between.
        """
        try:
            status, body = await self._do_request(
                url, method, request_data, read_timeout, connect_timeout
            )
        except NetworkError:
            self.reach.note(answered=False)
            raise
        # A gateway's 502 is no answer of Telegram's.
        self.reach.note(answered=status < _SERVER_FAILS)
        return status, body

    async def _do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None,
        read_timeout: ODVInput[float],
        connect_timeout: ODVInput[float],
    ) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=_or(connect_timeout, _CONNECT_S),
            sock_read=_or(read_timeout, _READ_S),
        )
        try:
            async with self._open().request(
                method, url, timeout=timeout, **_body(request_data)
            ) as answer:
                if date := answer.headers.get("Date"):
                    self.reach.note_date(date)
                return answer.status, await answer.read()
        except PROXY_FAILURES as error:
            said = f"cannot connect to Telegram: {say_proxy_failure(error)} (BOT_API_PROXY)"
            raise NotSent(said) from error
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            # Not the error's own text: it holds the URL, and the URL holds the token.
            raise NotSent(f"cannot connect to Telegram: {type(error).__name__}") from error
        except TimeoutError as error:
            raise TimedOut("no answer from Telegram in time") from error
        except aiohttp.ClientError as error:
            raise AnswerLost(f"connection to Telegram lost: {type(error).__name__}") from error


def _find_first_update(payload: bytes) -> int | None:
    found = _UPDATE_ID.search(payload)
    return int(found[1]) if found else None


def _or(value: Any, default: float) -> float | None:
    return default if value is DEFAULT_NONE else value


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        # By yarl, which is compiled: letter by letter, Armenian costs more than all the rest of a
        # request.
        written = URL().with_query(data.json_parameters).raw_query_string
        return {"data": written.encode(), "headers": _FORM}
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, content_type) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=content_type)
    return {"data": form}
