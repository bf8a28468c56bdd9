"""OPML, in which feed readers hand lists of feeds to one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import FeedError

_MAX_BYTES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of such a list."""

    title: str
    url: str


def read_opml(document: bytes) -> list[Outline]:
    """Return the feeds of an OPML file, each address once; raises FeedError for what is none."""
    if len(document) > _MAX_BYTES:
        raise FeedError("the file is too large for a list of feeds")
    try:
        root = fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FeedError(f"the file is not OPML: {error}") from error
    if root.tag.lower() != "opml":
        raise FeedError("the file is not OPML")
    found: dict[str, Outline] = {}
    for each in root.iter("outline"):
        url = (each.get("xmlUrl") or each.get("xmlurl") or "").strip()
        if url:
            title = (each.get("title") or each.get("text") or "").strip()[:100]
            found.setdefault(url, Outline(title=title, url=url))
    return list(found.values())


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
