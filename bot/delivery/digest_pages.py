"""A digest of more than one message: the first is sent, the others are behind its buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Button, Keyboard, MatchedStory
from bot.texts import Texts


@dataclass(frozen=True, slots=True)
class DigestSpan:
    """Of which items a digest tells: those with after < id <= upto."""

    after: int
    upto: int


def find_span(matched: Sequence[MatchedStory], after: int) -> DigestSpan:
    """Return the span that holds these stories as they are now, whatever is printed later."""
    told = (each.item.id for story in matched for each in story.story.tellings)
    return DigestSpan(after, max(told, default=after))


def page_buttons(span: DigestSpan, page: int, pages: int, texts: Texts) -> Keyboard | None:
    """Return the buttons that turn the pages of a digest; None where there is one page."""
    if pages < 2:
        return None
    row = []
    if page:
        row.append(_turn(texts.say("‹ Back"), span, page - 1))
    if page < pages - 1:
        more = texts.say("More: {page} of {pages} ›", page=page + 2, pages=pages)
        row.append(_turn(more, span, page + 1))
    return [row]


def _turn(label: str, span: DigestSpan, page: int) -> Button:
    return Button(str(label), f"turn:{span.after}:{span.upto}:{page}")
