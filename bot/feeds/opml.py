"""OPML, in which feed readers hand lists of feeds to one another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bot.errors import FeedError
from bot.feeds.addresses import mend_address
from bot.feeds.characters import mend_characters
from bot.feeds.decode import decode
from bot.feeds.doctype import take_doctype

_MAX_BYTES = 5_000_000
_TITLE_CHARS = 100
_URL_CHARS = 2_000
_FEEDS = frozenset({"rss", "atom", "rdf", "feed", "json"})
_OTHER_SCHEME = re.compile(r"(?!https?:|feed:|rss:)[a-z][a-z\d+.-]*:(?!\d)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^/\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of such a list."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A line of such a list that names a feed and does not say where it is."""

    line: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlList:
    """What an OPML file lists, each address once."""

    outlines: tuple[Outline, ...]
    unread: tuple[Unread, ...]


def read_opml(document: bytes) -> OpmlList:
    """Return the feeds of an OPML file as programs really write it: bare ampersands and all.

    Raises FeedError for what is no OPML, and for a document whose entities grow.
    """
    if len(document) > _MAX_BYTES:
        raise FeedError("the file is too large for a list of feeds")
    text, entities = take_doctype(decode(document))
    reader = _OpmlReader()
    reader.feed(mend_characters(text, entities))
    reader.close()
    if not reader.is_opml:
        raise FeedError("the file is not OPML: it has no <opml> and no <outline>")
    return OpmlList(outlines=tuple(reader.found.values()), unread=tuple(reader.unread))


class _OpmlReader(HTMLParser):
    """Reads outlines by themselves; names of attributes in any case, as HTML's are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.is_opml = False
        self.found: dict[str, Outline] = {}
        self.unread: list[Unread] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = tag.rpartition(":")[2]
        self.is_opml = self.is_opml or name in ("opml", "outline")
        if name != "outline":
            return
        said = {attribute.rpartition(":")[2]: (value or "").strip() for attribute, value in attrs}
        title = " ".join((said.get("title") or said.get("text") or "").split())[:_TITLE_CHARS]
        kind = said.get("type", "").lower()
        written = said.get("xmlurl") or (said.get("url", "") if kind in _FEEDS else "")
        if not written and kind not in _FEEDS:
            return  # a folder, or a note
        url = "" if _OTHER_SCHEME.match(written) else mend_address(written)
        if len(url) > _URL_CHARS or not _ADDRESS.match(url):
            self.unread.append(Unread(line=self.getpos()[0], title=title or written[:_TITLE_CHARS]))
            return
        self.found.setdefault(url, Outline(title=title, url=url))


def write_opml(outlines: Iterable[tuple[str, Outline]]) -> bytes:
    """Return an OPML file of feeds under their publishers."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = "Sahman"
    body = SubElement(root, "body")
    folders: dict[str, Element] = {}
    for publisher, outline in outlines:
        if publisher not in folders:
            folders[publisher] = SubElement(body, "outline", text=publisher)
        SubElement(
            folders[publisher], "outline", type="rss", text=outline.title, title=outline.title,
            xmlUrl=outline.url,
        )  # fmt: skip
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
