"""Stories: what tells one event, how, and what is new to those who know it already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.feeds import PublisherKind
from bot.model.items import Item, Role


class Ring(StrEnum):
    """Why a story that was told already is told again, aloud; each once a story."""

    OTHER_SIDE = "other_side"  #: the other side confirms it
    DENIED = "denied"
    CORRECTED = "corrected"
    GRAVER = "graver"
    SECOND = "second"  #: a second independent publisher, of something grave
    DETAIL = "detail"  #: a place or a number that was not told yet, of the gravest


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An item as its story has it: how it tells it, and who stands behind it."""

    item: Item
    role: Role = Role.TOLD
    origin: str = ""  #: whom it names as its source
    country: str = ""  #: empty with `kind`: the operator has not described this publisher
    kind: PublisherKind | None = None
    family: str = ""
    gravity: int = 0
    #: The publisher whose address its own imitates.
    imitates: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A headline that an item bore until it was changed."""

    item_id: int
    until: datetime
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStory:
    """A story with all that tells it, oldest first."""

    id: int
    tellings: tuple[Telling, ...]
    #: What an item of it was called before: the item's id, its old title.
    renamed: tuple[tuple[int, str], ...] = ()
    #: The first headline of the story that this one follows, closed by now.
    follows: Item | None = None
    #: The story that this one proved to be: its first item.
    is_really: Item | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedStory:
    """A story with the keywords of one subscriber that it satisfies, as typed, oldest first."""

    story: ToldStory
    #: The first telling, of those asked for, that one of the keywords is in.
    lead: Telling
    keywords: tuple[str, ...] = ()
