"""How a story came about: who told it when, under which headline, and what was changed later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bot.delivery.publishers import name_publisher
from bot.delivery.render import cut_escaped, linked
from bot.model import Role, Subscriber, Telling, ToldStory, Version
from bot.texts import Texts

_TITLE_UNITS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing that happened to a story: somebody told it, or changed a headline."""

    at: datetime
    telling: Telling
    title: str  #: as it was from then on
    was: str = ""  #: the headline that it replaced


def find_turns(story: ToldStory, versions: Sequence[Version]) -> list[Turn]:
    """Return what happened to a story, oldest first; *versions* are the old headlines of its items.

    A change of the summary alone is no turn.
    """
    turns: list[Turn] = []
    for telling in story.tellings:
        item = telling.item
        before = sorted(
            (each for each in versions if each.item_id == item.id), key=lambda each: each.until
        )
        titles = [*(each.title for each in before), item.title]
        turns.append(Turn(at=item.published_at, telling=telling, title=titles[0]))
        turns.extend(
            Turn(at=version.until, telling=telling, title=now, was=version.title)
            for version, now in zip(before, titles[1:], strict=True)
            if now != version.title
        )
    return sorted(turns, key=lambda each: (each.at, each.telling.item.id, each.was))


def render_timeline(
    story: ToldStory, versions: Sequence[Version], reader: Subscriber, texts: Texts, now: datetime
) -> Iterator[str]:
    """Yield a block for each turn, oldest first."""
    if story.follows is not None:
        said = texts.say("It goes on from an earlier story:")
        yield Markup("{} {}").format(said, linked(story.follows, bold=False))
    for turn in find_turns(story, versions):
        when = texts.moment(turn.at, reader.zone, now)
        who = name_publisher(turn.telling, texts)
        if turn.was:
            yield Markup("<b>{}</b> ✏️ <i>{}</i>\n<s>{}</s> → {}").format(
                when,
                who,
                cut_escaped(turn.was, _TITLE_UNITS),
                cut_escaped(turn.title, _TITLE_UNITS),
            )
            continue
        said = say_role(turn.telling.role, texts)
        about = Markup(" · ").join(filter(None, (who, said)))
        yield Markup("<b>{}</b> {}\n<i>{}</i>").format(when, _name_then(turn), about)


def say_role(role: Role, texts: Texts) -> Markup:
    """Return what a telling does to its story, where it does more than tell it."""
    match role:
        case Role.DENIAL:
            return texts.say("denies it")
        case Role.CORRECTION:
            return texts.say("corrects it")
        case Role.REPRINT:
            return texts.say("reprints it")
        case Role.OPINION:
            return texts.say("an opinion")
    return Markup()


def _name_then(turn: Turn) -> Markup:
    """Return the headline as it was first printed, leading to where it stands."""
    if turn.title == turn.telling.item.title:
        return linked(turn.telling.item, bold=False)
    return cut_escaped(turn.title, _TITLE_UNITS)
