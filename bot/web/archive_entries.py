"""How the archive tells of a story and of its turns: plain facts, which templates escape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.delivery.digest import find_headline
from bot.delivery.publishers import name_publisher
from bot.delivery.render import safe_link
from bot.delivery.timeline import Turn, say_role
from bot.model import MatchedStory, Role
from bot.stories.voices import find_voices
from bot.texts import Texts

_ZONE = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A story in a list."""

    story: int
    title: str
    language: str
    link: str  #: where its headline stands; "" where nobody may be sent
    publisher: str
    publishers: int
    countries: str
    denied: bool
    at: datetime
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLine:
    """A turn of a story's timeline."""

    at: datetime
    when: str
    title: str
    was: str
    language: str
    link: str
    who: str
    role: str


def describe_story(matched: MatchedStory, texts: Texts, now: datetime) -> Entry:
    """Return what a list tells of a story."""
    lead = find_headline(matched, texts.language)
    tellings = matched.story.tellings
    voices = find_voices(each for each in tellings if each.role is not Role.DENIAL)
    countries = dict.fromkeys(texts.country_name(each.country) for each in tellings if each.country)
    item = lead.item
    return Entry(
        story=matched.story.id,
        title=item.title,
        language=item.language,
        link=safe_link(item.link),
        publisher=item.publisher,
        publishers=len(voices.names),
        countries=", ".join(filter(None, countries)),
        denied=any(each.role is Role.DENIAL for each in tellings),
        at=matched.lead.item.published_at.astimezone(UTC),
        when=texts.moment(matched.lead.item.published_at, _ZONE, now),
    )


def describe_turn(turn: Turn, texts: Texts) -> TurnLine:
    """Return what a timeline tells of a turn."""
    item = turn.telling.item
    day, time = texts.day(turn.at, _ZONE), texts.time(turn.at, _ZONE)
    return TurnLine(
        at=turn.at.astimezone(UTC),
        when=f"{day}, {time}",
        title=turn.title,
        was=turn.was,
        language=item.language,
        link=safe_link(item.link),
        who=name_publisher(turn.telling, texts).unescape(),
        role=say_role(turn.telling.role, texts).unescape(),
    )
