"""What a subscriber typed, held against what the news say."""

import functools

from bot.language.tables import digest
from bot.matching.compile import parse_keyword
from bot.matching.core import find_core
from bot.matching.matcher import Found, Matcher, holds
from bot.matching.meaning import find_concepts, find_unknown_source, finds_one_language, means_same
from bot.matching.missing import MissingWord, MissingWords
from bot.matching.namesakes import Namesakes, count_namesakes, find_full_name
from bot.matching.nearest import Miss, find_miss
from bot.matching.query import WIDENED, Query
from bot.matching.refusal import KeywordRefused, RefusalReason
from bot.matching.text import ReadText, keep_read, read_text, recall_read

__all__ = [
    "KEYS_VERSION",
    "WIDENED",
    "Found",
    "KeywordRefused",
    "Matcher",
    "Miss",
    "MissingWord",
    "MissingWords",
    "Namesakes",
    "Query",
    "ReadText",
    "RefusalReason",
    "count_namesakes",
    "find_concepts",
    "find_core",
    "find_full_name",
    "find_miss",
    "find_unknown_source",
    "finds_one_language",
    "holds",
    "keep_read",
    "matches",
    "means_same",
    "parse_keyword",
    "read_text",
    "recall_read",
]

# Stands for what queries are made of, in both rooms: stored with keys, stale once it changes.
KEYS_VERSION: int = digest("bot.matching")

_KEYWORDS_HELD = 20_000
_TEXTS_HELD = 2_000


@functools.lru_cache(_KEYWORDS_HELD)
def _parsed(keyword: str, *, wide: bool) -> Query | None:
    try:
        return parse_keyword(keyword, wide=wide)
    except KeywordRefused:
        return None


_read = functools.lru_cache(_TEXTS_HELD)(read_text)


def matches(keyword: str, text: str, *, wide: bool = True) -> bool:
    """Tell whether *text* satisfies *keyword*; a keyword that is refused matches nothing."""
    query = _parsed(keyword, wide=wide)
    return query is not None and holds(query, _read(text)) is not None
