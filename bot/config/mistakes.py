"""What settings and the feed list share: what is wrong with a value, and what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import ErrorDetails
from yarl import URL

from bot.errors import Problem
from bot.log import hide_logins

#: A month; what is longer was meant otherwise.
LONGEST_S = 31 * 86_400


_PROXY = "http://proxy.example:3128 or socks5://user:password@127.0.0.1:1080"


def check_url(value: str) -> None:
    """Raise ValueError for what is not a plain address of the web."""
    try:
        url = URL(value)
        port = url.port
    except ValueError as error:
        raise ValueError(hide_logins(f"{value!r} is not a URL: {error}")) from None
    if url.user is not None or url.password is not None:
        raise ValueError("a URL must carry no user name and no password")
    if url.scheme not in ("http", "https") or not url.host or port is None:
        shown = hide_logins(repr(value))
        raise ValueError(f"{shown} is not a URL that begins with http:// or https://")


def check_proxy(value: SecretStr) -> None:
    """Raise ValueError for what is not the address of a proxy; it may hold a password."""
    try:
        url = URL(value.get_secret_value())
        whole = bool(url.host and url.port)
        login = f"{url.user or ''}{url.password or ''}"
    except ValueError:
        # Its own words may hold the password.
        raise ValueError(f"is no address of a proxy, such as {_PROXY}") from None
    if url.scheme not in ("http", "socks5", "socks5h"):
        raise ValueError(f"must begin with http://, socks5:// or socks5h://, such as {_PROXY}")
    if not login.isascii():
        raise ValueError("its user name and password must be of ASCII")
    if not whole or url.path not in ("", "/") or url.query_string or url.fragment:
        raise ValueError(f"must be a host and a port and nothing after them, such as {_PROXY}")


def say_detail(detail: ErrorDetails) -> str:
    """Return what pydantic says is wrong, as a person would."""
    return detail["msg"].removeprefix("Value error, ")


def not_utf8(file: Path, error: UnicodeDecodeError) -> Problem:
    """Return what is wrong with a file that is written in other letters."""
    line = len(error.object[: error.start].split(b"\n"))
    return Problem(str(file), f"line {line} is not UTF-8", "Save the file as UTF-8")


def suggest(word: str, known: Sequence[str]) -> str:
    """Return the known word that was probably meant, or all of them."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known) or 'none'}"
