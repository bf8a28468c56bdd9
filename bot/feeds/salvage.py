"""Entries saved from a damaged document: each read by itself, so that one costs no other.

The loose parser that feedparser falls back to lets a tag that is not closed run into everything
after it. Cut at every place where an entry begins, the damage stays in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

_START = re.compile(r"<(item|entry)(?=[\s>])")
_NAMESPACE = re.compile(r"""\sxmlns:([A-Za-z_][\w.-]*)\s*=\s*("[^"<&]*"|'[^'<&]*')""")
_BASE = re.compile(r"""\sxml:base\s*=\s*("[^"<&]*"|'[^'<&]*')""")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):[A-Za-z_]")
_BORDER = re.compile(r"</(item|entry)\s*>\s*<\1[\s>]")
_LONGEST_HEAD = 65_536
#: Prefixes that documents use without saying whose they are.
_USUAL = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/Atom",
    "a10": "http://www.w3.org/2005/Atom",
}


def is_well_formed(text: str) -> bool:
    """Say whether an XML parser can read a document to its end; its DOCTYPE is taken off before."""
    parser = expat.ParserCreate("utf-8", " ")
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return False
    return True


def has_swallowed(text: str) -> bool:
    """Say whether a CDATA section that was never closed runs over the border of two entries.

    It ends where the next one does, so a parser finds nothing wrong, and an entry is gone.
    """
    at = 0
    while (start := text.find("<![CDATA[", at)) >= 0:
        at = text.find("]]>", start)
        if at < 0:
            return False
        if _BORDER.search(text, start, at):
            return True
    return False


def cut_apart(text: str) -> Iterator[str]:
    """Return each entry of a damaged document as a small document of its own.

    What is cut is the text between the places where entries begin, up to the first closing tag.
    """
    starts = list(_START.finditer(text))
    if not starts:
        return
    head = text[: starts[0].start()][:_LONGEST_HEAD]
    frames: dict[str, tuple[str, str]] = {}
    for begun, following in zip(starts, [*starts[1:], None], strict=True):
        name = begun[1]
        chunk = text[begun.start() : following.start() if following else len(text)]
        closing = f"</{name}>"
        end = chunk.find(closing)
        chunk = chunk[: end + len(closing)] if end >= 0 else chunk + closing
        if name not in frames:
            frames[name] = _make_frame(name, head, text)
        before, after = frames[name]
        yield f"{before}{chunk}{after}"


def _make_frame(name: str, head: str, text: str) -> tuple[str, str]:
    """Return what stands around an entry: the document's root with its namespaces, anew."""
    declared = {prefix: value[1:-1] for prefix, value in _NAMESPACE.findall(head)}
    for prefix in set(_PREFIX.findall(text)) - {"xml", "xmlns"}:
        declared.setdefault(prefix, _USUAL.get(prefix.lower(), f"urn:prefix:{prefix}"))
    attributes = "".join(f' xmlns:{prefix}="{value}"' for prefix, value in declared.items())
    base = _BASE.search(head)
    attributes += base[0] if base else ""
    if name == "entry":
        return f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes}>', "</feed>"
    return f'<rss version="2.0"{attributes}><channel>', "</channel></rss>"
