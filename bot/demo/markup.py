"""Telegram's HTML, read the way Telegram's own library reads it.

The server works on bytes, so that error offsets count bytes; offsets of entities count UTF-16
units. The grammar and the error texts are those of TDLib, as it was read for this; the code is
our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from bot.demo.refusal import Refusal, bad_request

MAX_ENTITIES = 100

_KIND_BY_TAG = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "a": "text_link",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
_NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
_NUMERIC = re.compile(rb"&#(?:x([0-9a-fA-F]*)|([0-9]*));?")
_LITERAL = re.compile(rb"&([a-zA-Z]+);?")
_PLAIN = re.compile(rb"[^<&]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = frozenset(b" \t\r\n\0\x0b")
_NAME_TOKEN = re.compile(rb"[A-Za-z0-9.\-]*")
# A name ends with one of the keys' bytes or with white space.
_NAME_BEFORE = {
    stop: re.compile(rb"[^" + stop + rb" \t\r\n\0\x0b]*") for stop in (b">", b"=", b"=>")
}
_END = 0  # what TDLib's C strings end with

Entity = dict[str, Any]


@dataclass(slots=True)
class _OpenTag:
    tag: str
    argument: str
    offset: int
    piece: int
    at: int


def utf16_length(text: str) -> int:
    """Return the length of *text* in UTF-16 units, which entities are counted in."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(html: str) -> tuple[str, list[Entity]]:
    """Return the plain text of *html* and its entities, or raise Telegram's refusal."""
    return _Parser(html).parse()


class _Parser:
    def __init__(self, html: str) -> None:
        self._bytes = html.encode("utf-8", "surrogatepass")
        self._at = 0
        self._pieces: list[str] = []
        self._offset = 0
        self._open: list[_OpenTag] = []
        self._entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        data = self._bytes
        while self._at < len(data):
            byte = data[self._at]
            if byte == ord("<"):
                if self._byte(self._at + 1) == ord("/"):
                    self._end_tag()
                else:
                    self._start_tag()
                continue
            if byte == ord("&"):
                decoded = _decode_reference(data, self._at)
                if decoded is not None:
                    character, self._at = decoded
                    self._add(character)
                    continue
                self._at += 1
                self._add("&")
                continue
            if plain := _PLAIN.match(data, self._at):
                self._at = plain.end()
                self._add(plain[0].decode("utf-8", "replace"))
        if self._open:
            raise _cant_parse(
                f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"'
            )
        text = "".join(self._pieces)
        if _SURROGATE.search(text):
            raise _cant_parse(
                "Text contains invalid Unicode characters after decoding HTML entities,"
                " check for unmatched surrogate code units"
            )
        for entity in self._entities:
            # A language belongs to a whole block; inline code loses it.
            if entity["type"] == "code":
                entity.pop("language", None)
        return text, sort_entities(self._entities)

    def _byte(self, at: int) -> int:
        return self._bytes[at] if at < len(self._bytes) else _END

    def _skip_space(self) -> None:
        while self._at < len(self._bytes) and self._bytes[self._at] in _SPACE:
            self._at += 1

    def _name(self, stop: bytes) -> bytes:
        found = _NAME_BEFORE[stop].match(self._bytes, self._at)
        name = found[0] if found else b""
        self._at += len(name)
        return name

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._offset += utf16_length(text)

    def _start_tag(self) -> None:
        begin = self._at
        self._at += 1
        tag = self._name(b">").decode("utf-8", "replace").lower()
        if self._byte(self._at) == _END:
            raise _cant_parse(f"Unclosed start tag at byte offset {begin}")
        if tag not in _KIND_BY_TAG:
            raise _cant_parse(f'Unsupported start tag "{tag}" at byte offset {begin}')
        argument = ""
        while self._byte(self._at) != ord(">"):
            self._skip_space()
            if self._byte(self._at) == ord(">"):
                break
            found = self._attribute(tag, begin)
            argument = found if found is not None else argument
        self._at += 1
        if tag == "span" and argument != "spoiler":
            raise _cant_parse(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self._open.append(_OpenTag(tag, argument, self._offset, len(self._pieces), begin))

    def _attribute(self, tag: str, begin: int) -> str | None:
        """Read one attribute; return its value when *tag* has a use for it."""
        # A blockquote's "expandable" stands alone, so its name may be ended by ">".
        alone = tag == "blockquote"
        name = self._name(b"=>" if alone else b"=")
        if not name:
            raise _cant_parse(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        self._skip_space()
        if self._byte(self._at) != ord("="):
            if alone:
                return "expandable" if name == b"expandable" else None
            raise _cant_parse(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}"'
                f" at byte offset {begin}"
            )
        self._at += 1
        self._skip_space()
        if self._byte(self._at) == _END:
            raise _cant_parse(f'Unclosed start tag "{tag}" at byte offset {begin}')
        value = self._attribute_value()
        if self._byte(self._at) == _END:
            raise _cant_parse(f"Unclosed start tag at byte offset {begin}")
        match tag, name:
            case ("a", b"href") | ("tg-emoji", b"emoji-id") | ("tg-time", b"unix"):
                return value
            case ("code", b"class") if value.startswith("language-"):
                return value.removeprefix("language-")
            case ("span", b"class") if value.startswith("tg-"):
                return value.removeprefix("tg-")
            case ("blockquote", b"expandable"):
                return "expandable"
        return None

    def _attribute_value(self) -> str:
        quote = self._byte(self._at)
        if quote not in b"'\"":
            begin = self._at
            token = _NAME_TOKEN.match(self._bytes, begin)
            self._at = token.end() if token else begin
            if self._byte(self._at) not in b" \t\r\n\0\x0b>":
                raise _cant_parse(f"Unexpected end of name token at byte offset {begin}")
            return self._bytes[begin : self._at].decode().lower()
        self._at += 1
        end = self._bytes.find(quote, self._at)
        if end >= 0 and b"&" not in (plain := self._bytes[self._at : end]):
            self._at = end + 1
            return plain.decode("utf-8", "replace")
        value = bytearray()
        while self._at < len(self._bytes) and self._bytes[self._at] != quote:
            decoded = None
            if self._bytes[self._at] == ord("&"):
                decoded = _decode_reference(self._bytes, self._at)
            if decoded is not None:
                character, self._at = decoded
                value += character.encode("utf-8", "surrogatepass")
                continue
            value.append(self._bytes[self._at])
            self._at += 1
        self._at += 1
        return value.decode("utf-8", "replace")

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise _cant_parse(f"Unexpected end tag at byte offset {begin}")
        self._at += 2
        found = self._name(b">").decode("utf-8", "replace").lower()
        self._skip_space()
        if self._byte(self._at) != ord(">"):
            raise _cant_parse(f"Unclosed end tag at byte offset {begin}")
        self._at += 1
        opened = self._open.pop()
        if found and found != opened.tag:
            raise _cant_parse(
                f'Unmatched end tag at byte offset {begin}, expected "</{opened.tag}>",'
                f' found "</{found}>"'
            )
        if self._offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _OpenTag) -> None:
        entity: Entity = {
            "type": _KIND_BY_TAG[opened.tag],
            "offset": opened.offset,
            "length": self._offset - opened.offset,
        }
        previous = self._entities[-1] if self._entities else None
        covers = previous is not None and (previous["offset"], previous["length"]) == (
            entity["offset"],
            entity["length"],
        )
        if opened.tag == "a":
            self._close_link(entity, opened)
            return
        if opened.tag == "pre" and covers and previous and previous["type"] == "code":
            if previous.get("language"):
                previous["type"] = "pre"
                return
        elif opened.tag == "code":
            if covers and previous and previous["type"] == "pre" and opened.argument:
                previous["language"] = opened.argument
                return
            if opened.argument:
                entity["language"] = opened.argument
        elif opened.tag == "tg-emoji":
            if not opened.argument.isdigit() or int(opened.argument) == 0:
                raise _cant_parse("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = opened.argument
        elif opened.tag == "tg-time":
            if not opened.argument.isdigit():
                raise _cant_parse(f"Invalid Unix time specified at byte offset {opened.at}")
            entity["unix_time"] = int(opened.argument)
        elif opened.tag == "blockquote" and opened.argument:
            entity["type"] = "expandable_blockquote"
        self._entities.append(entity)

    def _close_link(self, entity: Entity, opened: _OpenTag) -> None:
        url = opened.argument or "".join(self._pieces[opened.piece :])
        user = re.fullmatch(r"tg://user/?\?id=(\d+)", url)
        if user:
            entity["type"] = "text_mention"
            entity["user"] = {"id": int(user[1]), "is_bot": False, "first_name": user[1]}
        elif (checked := checked_link(url)) is not None:
            entity["url"] = checked
        else:
            # Telegram drops a link it cannot follow and keeps its text.
            return
        self._entities.append(entity)


def _cant_parse(reason: str) -> Refusal:
    return bad_request(f"can't parse entities: {reason}")


def _decode_reference(data: bytes, at: int) -> tuple[str, int] | None:
    """Return the character that the reference at *at* stands for and where it ends."""
    if numeric := _NUMERIC.match(data, at):
        digits, base = (numeric[1], 16) if numeric[1] is not None else (numeric[2], 10)
        code = int(digits, base) if digits else 0
        length = len(numeric[0].removesuffix(b";"))
        if code == 0 or code >= 0x10FFFF or length >= 10:
            return None
        return chr(code), numeric.end()
    literal = _LITERAL.match(data, at)
    if literal is None or literal[1] not in _NAMED:
        return None
    return _NAMED[literal[1]], literal.end()


@lru_cache(maxsize=4096)
def checked_link(url: str) -> str | None:
    """Return *url* as Telegram keeps it, or None when it is none."""
    url = url.strip()
    if any(character.isspace() for character in url):
        return None
    if url.startswith(("tg://", "ton://")):
        return url
    with_scheme = url if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://", url) else f"http://{url}"
    try:
        parts = urlsplit(with_scheme)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    if "." not in host and host != "localhost" and ":" not in host:
        return None
    return with_scheme if parts.path or parts.query or parts.fragment else f"{with_scheme}/"


def sort_entities(entities: list[Entity]) -> list[Entity]:
    """Return *entities* as Telegram lists them: by place, the longer one first."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
