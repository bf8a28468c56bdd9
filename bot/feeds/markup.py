"""From markup to the text that a person would read of it, with spaces where a reader sees one."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# https://html.spec.whatwg.org/multipage/indices.html#elements-3 and what came before it.
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "button", "canvas", "caption",
    "center", "dd", "details", "dialog", "dir", "div", "dl", "dt", "embed", "fieldset",
    "figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hgroup", "hr", "html", "iframe", "img", "input", "legend", "li", "link", "main",
    "menu", "meta", "nav", "object", "ol", "optgroup", "option", "p", "picture", "pre",
    "search", "section", "select", "source", "summary", "table", "tbody", "td", "textarea",
    "tfoot", "th", "thead", "title", "tr", "track", "ul", "video", "audio",
})  # fmt: skip
_INLINE = frozenset({
    "a", "abbr", "acronym", "applet", "area", "b", "base", "basefont", "bdi", "bdo", "big",
    "cite", "code", "col", "colgroup", "data", "datalist", "del", "dfn", "em", "font", "i",
    "ins", "kbd", "label", "map", "mark", "math", "meter", "nobr", "output", "param",
    "progress", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "slot", "small", "span",
    "strike", "strong", "sub", "sup", "svg", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
#: What they hold is no text, or not this text: a picture's caption is not what happened.
_HIDDEN = frozenset({"script", "style", "template", "noscript", "figcaption", "noembed"})
_ELEMENTS = _BLOCKS | _INLINE | _HIDDEN

_OPENING = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*)?"
    r"(?P<whole>(?=[\s/>])(?=[^<>]*>|(?:[^<>\"']|\"[^\"]{0,1000}\"|'[^']{0,1000}'){0,200}>))?"
)
_CLOSED = re.compile(r"</([A-Za-z][\w:.-]*)")
_NO_TEXT = re.compile(r"<!doctype[^<>]{0,500}>|<\?[a-z][^<>]{0,500}\?>", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#[xX]?0*[0-9a-fA-F]{9,};?")


def read_markup(markup: str) -> str:
    """Return the text of *markup*, its entities read; angle brackets that make no tag stay.

    Block elements, pictures and line breaks are spaces; inline elements and `<wbr>` split no word.
    Scripts, styles and captions are left out. Never raises, whatever the markup.
    """
    markup = _NO_TEXT.sub("", _LONG_NUMBER.sub("", markup))
    markup = _unwrap(markup, "<!--", "-->", keep=False)
    markup = _unwrap(markup, "<![CDATA[", "]]>", keep=True)
    closed = frozenset(_CLOSED.findall(markup))
    reader = _Reader()
    reader.feed(_OPENING.sub(lambda found: _keep_tag(found, closed), markup))
    reader.close()
    return reader.text()


def _unwrap(text: str, opening: str, closing: str, *, keep: bool) -> str:
    """Return *text* without what stands between the two, or without the two alone.

    By hand: a pattern would look for the end of each of a hundred thousand that have none.
    """
    pieces, at = [], 0
    while (start := text.find(opening, at)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        pieces.append(text[at:start])
        if keep:
            pieces.append(text[start + len(opening) : end])
        at = end + len(closing)
    return "".join((*pieces, text[at:]))


def _keep_tag(found: re.Match[str], closed: frozenset[str]) -> str:
    name = found["name"]
    if name is None or found["whole"] is None:
        return f"&lt;{found[0][1:]}"
    # Word writes <o:p>; what nobody knows is markup where it is closed, and else a name in quotes.
    if name.lower() in _ELEMENTS or ":" in name or name in closed:
        return found[0]
    return f"&lt;{found[0][1:]}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._captions: list[str] = []
        self._hidden = ""

    def text(self) -> str:
        """Return what was read; captions where there was nothing else."""
        text = "".join(self._pieces)
        return text if text.strip() else "".join(self._captions)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden = self._hidden or tag
        elif tag in _BLOCKS:
            self._pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""
        elif tag in _BLOCKS:
            self._pieces.append(" ")
            # A caption that is never closed ends with what it stands in.
            if self._hidden == "figcaption" and tag != "p":
                self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(data)
        elif self._hidden == "figcaption":
            self._captions.append(data)
