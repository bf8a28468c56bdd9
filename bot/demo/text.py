"""What becomes of a text between the bot's request and the message that people see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.demo.markup import MAX_ENTITIES, Entity, parse_html, sort_entities, utf16_length
from bot.demo.refusal import bad_request

MAX_TEXT = 4096
MAX_CAPTION = 1024

# Telegram marks these by itself, in what bots and people write alike.
# A text without the sign that each needs is not searched: benches send many.
_FOUND: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("url", "://", re.compile(r"https?://[^\s<>\"«»]+[^\s<>\"«».,:;!?)\]'…]")),
    ("email", "@", re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("mention", "@", re.compile(r"(?<![\w/@.])@[A-Za-z][A-Za-z0-9_]{3,31}\b")),
    ("hashtag", "#", re.compile(r"(?<![\w#])#\w*[^\W\d_]\w*")),
    (
        "bot_command",
        "/",
        re.compile(r"(?<![\w/>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    ),
)
_UNSHOWN = re.compile("[\x00-\x09\x0b-\x1f\u2028\u2029]")
# Inside these nothing is marked: code stays code, a link keeps its own address.
_OPAQUE = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji"})


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text as Telegram keeps it, and how many entities the bot gave it."""

    text: str
    entities: list[Entity]
    given: int


def format_text(parameters: dict[str, Any], name: str, faults: list[str]) -> Formatted:
    """Return the text or caption called *name*, parsed and checked as Telegram does."""
    raw = str(parameters.get(name, ""))
    caption = name == "caption"
    if not raw and not caption:
        raise bad_request("message text is empty")
    explicit_key = "caption_entities" if caption else "entities"
    mode = str(parameters.get("parse_mode", "")).lower()
    if mode == "html":
        found = _read_html(raw, caption)
    elif mode == "":
        found = _finish(raw, list(parameters.get(explicit_key) or []), caption)
    elif mode in {"markdown", "markdownv2"}:
        # We never send it; a half-right parser would only hide that we began to.
        faults.append(f"parse_mode {parameters['parse_mode']} is not read by this server")
        found = _finish(raw, [], caption)
    else:
        raise bad_request("unsupported parse_mode")
    if found.given > MAX_ENTITIES:
        faults.append(f"{found.given} entities: Telegram drops those after {MAX_ENTITIES}")
    return found


@lru_cache(maxsize=512)
def _read_html(raw: str, caption: bool) -> Formatted:
    # One alert goes to thousands: it is read once, and nobody changes what was read.
    return _finish(*parse_html(raw), caption)


def _finish(text: str, entities: list[Entity], caption: bool) -> Formatted:
    text, entities = _trim(_clean(text), entities)
    if not text and not caption:
        raise bad_request("text must be non-empty")
    # Telegram counts code points here, although entities count UTF-16 units.
    if len(text) > (MAX_CAPTION if caption else MAX_TEXT):
        raise bad_request("message caption is too long" if caption else "message is too long")
    kept = with_found_entities(text, entities[:MAX_ENTITIES])[:MAX_ENTITIES]
    return Formatted(text, kept, len(entities))


def with_found_entities(text: str, entities: list[Entity]) -> list[Entity]:
    """Return *entities* and those that Telegram finds in *text* itself."""
    taken = [
        range(entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in _OPAQUE
    ]
    found = list(entities)
    for kind, sign, pattern in _FOUND:
        for hit in pattern.finditer(text) if sign in text else ():
            offset = utf16_length(text[: hit.start()])
            span = range(offset, offset + utf16_length(hit[0]))
            if any(span.start < other.stop and other.start < span.stop for other in taken):
                continue
            taken.append(span)
            found.append({"type": kind, "offset": span.start, "length": len(span)})
    return sort_entities(found)


def _clean(text: str) -> str:
    """Replace what a message cannot hold, length unchanged so that offsets hold."""
    return _UNSHOWN.sub(" ", text)


def _trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    trimmed = text.strip()
    if trimmed == text:
        return text, entities
    dropped = utf16_length(text[: len(text) - len(text.lstrip())])
    limit = utf16_length(trimmed)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - dropped, 0)
        end = min(entity["offset"] + entity["length"] - dropped, limit)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return trimmed, kept
