"""The document type of a feed: taken off, its plain entities kept, bombs refused.

Expat expands entities within entities, so one that holds another can grow without bound, and
feedparser leaves them to it where a DOCTYPE does not begin a line. Old software declares honest
ones all the same: `<!ENTITY nbsp "&#160;">`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from bot.errors import FeedError

_ROOT = re.compile(r"<[A-Za-z_]")
_DOCTYPE = re.compile(r"<!DOCTYPE", re.IGNORECASE)
#: What can hold a bracket that ends nothing, and what ends something.
_TURN = re.compile(r"<!--|[\"'\[\]>]")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(
    r"<!ENTITY\s+(?P<parameter>%\s+)?(?P<name>[^\s\"'>]+)\s+"
    r"(?:(?P<outside>SYSTEM|PUBLIC)\b|\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')",
    re.IGNORECASE,
)
_DECLARES = re.compile(r"<!ENTITY", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)")
_MOST_CHARS = 65_536
_MOST_ENTITIES = 300
_LONGEST_VALUE = 256


def take_doctype(text: str) -> tuple[str, Mapping[str, str]]:
    """Return a document without its DOCTYPE, and what each entity declared there stands for.

    What an article prints of entities is no declaration. Raises FeedError for an entity that holds
    another or much text, or that stands for another document; none of those is ever looked at.
    """
    root = _ROOT.search(text)
    found = _DOCTYPE.search(text, 0, root.start() if root else len(text))
    if found is None:
        return text, {}
    subset, end = _find_end(text, found.end())
    return text[: found.start()] + text[end:], _read_entities(subset)


def _find_end(text: str, at: int) -> tuple[str, int]:
    """Return what is declared between the brackets of a DOCTYPE, and where it ends."""
    limit = at + _MOST_CHARS
    opened, closed = 0, 0
    while True:
        turn = _TURN.search(text, at, limit)
        if turn is None:
            raise FeedError("its DOCTYPE does not end, or is longer than any honest one")
        at = turn.end()
        match turn[0]:
            case "<!--":
                at = text.find("-->", at, limit)
            case '"' | "'":
                at = text.find(turn[0], at, limit) + 1 or -1
            case "[" if not opened:
                opened = at
            case "]":
                closed = turn.start()
            case ">" if not opened or closed:
                return text[opened:closed] if opened else "", at
        if at < 0:
            raise FeedError("its DOCTYPE does not end, or is longer than any honest one")


def _read_entities(subset: str) -> dict[str, str]:
    subset = _COMMENT.sub("", subset)
    declared = list(_ENTITY.finditer(subset))
    if len(declared) != len(_DECLARES.findall(subset)) or len(declared) > _MOST_ENTITIES:
        raise FeedError("the document declares entities as no honest feed does")
    entities: dict[str, str] = {}
    for each in declared:
        if each["parameter"] and each["outside"]:
            continue  # a list of letters somewhere else, as old software names one: never fetched
        value = each["double"] or each["single"] or ""
        if each["parameter"] or each["outside"] or "<" in value or "%" in value:
            raise FeedError("the document declares entities of other documents or of markup")
        if len(value) > _LONGEST_VALUE or _REFERENCE.search(value):
            raise FeedError("the document declares entities that grow, which no honest feed does")
        entities.setdefault(each["name"], html.unescape(value))
    return entities
