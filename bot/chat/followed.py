"""Which of the keywords that are followed somebody means."""

from __future__ import annotations

from collections.abc import Sequence

from bot.matching import WIDENED, KeywordRefused, Query, means_same, parse_keyword
from bot.model import Keyword


def find_same(keywords: Sequence[Keyword], words: str) -> Keyword | None:
    """Return the keyword that was typed so, that means the same, or that bears the number."""
    for keyword in keywords:
        if keyword.typed.casefold() == words.casefold():
            return keyword
    if words.isdecimal() and 1 <= int(words) <= len(keywords):
        return keywords[int(words) - 1]
    try:
        return find_meaning(keywords, parse_keyword(words))
    except KeywordRefused:
        return None


def find_meaning(keywords: Sequence[Keyword], query: Query) -> Keyword | None:
    """Return the keyword that means the same as a query, however it was typed."""
    for keyword in keywords:
        try:
            if means_same(parse_keyword(keyword.typed, wide=WIDENED in keyword.query), query):
                return keyword
        except KeywordRefused:
            continue  # followed since it was still accepted
    return None
