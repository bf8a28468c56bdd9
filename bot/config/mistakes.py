"""What settings and the feed list share: what is wrong with a value, and what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from pydantic_core import ErrorDetails
from yarl import URL

#: A month; what is longer was meant otherwise.
LONGEST_S = 31 * 86_400


def check_url(value: str) -> None:
    """Raise ValueError for what is not a plain address of the web."""
    try:
        url = URL(value)
        port = url.port
    except ValueError as error:
        raise ValueError(f"{value!r} is not a URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or port is None:
        raise ValueError(f"{value!r} is not a URL that begins with http:// or https://")
    if url.user is not None or url.password is not None:
        raise ValueError("a URL must carry no user name and no password")


def say_detail(detail: ErrorDetails) -> str:
    """Return what pydantic says is wrong, as a person would."""
    return detail["msg"].removeprefix("Value error, ")


def suggest(word: str, known: Sequence[str]) -> str:
    """Return the known word that was probably meant, or all of them."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known) or 'none'}"
