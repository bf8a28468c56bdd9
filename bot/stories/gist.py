"""The gist of a headline in a language that it is not in: places, who, and about what.

No sentence is translated. Only concepts of the glossary and names that stand in the headline are
told, in an order of their own: its own would say who did what to whom, and be wrong half the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.matching import read_text
from bot.stories.mentions import Group, Mention, find_mentions
from bot.stories.turning_words import Turn
from bot.stories.turns import Turned, find_turns
from bot.texts import Texts, load_texts

#: So many things are told, and so many characters of them; of a longer text only the beginning.
MOST_PARTS, MOST_CHARACTERS = 8, 120
_MOST_NAMED = 3
_MOST_READ = 600
_MOST_TURNS = 2
_FEWEST = 2
_ASKS = frozenset("?՞")
_VAGUE = frozenset({Turn.NONE, Turn.NOT})
_BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class Gist:
    """What a headline speaks of, in the words of one language, each group in its fixed order."""

    places: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    about: tuple[str, ...] = ()  #: the gravest first
    #: What it says is not so, with how: "denial: shelling". Never told without that.
    turned: tuple[str, ...] = ()
    asks: bool = False

    @property
    def text(self) -> str:
        """The gist as one line of plain text; "" if it tells nothing."""
        parts = [", ".join(self.places), ", ".join(self.who), *self.about, *self.turned]
        line = _BETWEEN.join(filter(None, parts))
        return f"{line} (?)" if line and self.asks else line


def find_gist(title: str, reader_language: str) -> str:
    """Return a line of plain text that tells the gist of *title* to who cannot read it, or ""."""
    return read_gist(title, reader_language).text


def read_gist(title: str, reader_language: str) -> Gist:
    """Return what *title* speaks of in *reader_language* (hy, ru, en); nothing if too little."""
    title = title[:_MOST_READ]
    read = read_text(title)
    mentions = find_mentions(title, read, reader_language)
    turned = find_turns(read, _places_of(mentions, Group.ABOUT), _places_of(mentions))
    return _compose(
        mentions, turned, load_texts()[reader_language], asks=not _ASKS.isdisjoint(title)
    )


def _places_of(mentions: Iterable[Mention], group: Group | None = None) -> dict[int, int]:
    """Return the places of mentions of a group, or of places and people, each with its first."""
    return {
        place: each.start
        for each in mentions
        if (each.group is group if group else each.group is not Group.ABOUT)
        for place in range(each.start, each.end)
    }


def _compose(mentions: Sequence[Mention], turned: Turned, texts: Texts, *, asks: bool) -> Gist:
    places = _sorted(each for each in mentions if each.group is Group.PLACE)[:_MOST_NAMED]
    who = _sorted(each for each in mentions if each.group is Group.WHO)[:_MOST_NAMED]
    sides = _sides(mentions, turned)
    about = _sorted(sides.get(None, ()))
    turns = _turns(sides, turned)[:_MOST_TURNS]
    # "refusal: talks" are two things told; a "refusal" alone tells nothing by itself.
    telling = len(places) + len(who) + len(about) + sum(2 for _, what in turns if what)
    if telling < _FEWEST and not (telling and turns):
        return Gist()
    gist = Gist(
        places,
        who,
        about[: MOST_PARTS - len(places) - len(who) - len(turns)],
        tuple(_say(turn, what, texts) for turn, what in turns),
        asks=asks,
    )
    while len(gist.text) > MOST_CHARACTERS:
        gist = _without_one(gist)
    return gist


def _sides(mentions: Iterable[Mention], turned: Turned) -> dict[Turn | None, list[Mention]]:
    """Return what a headline is about by how it is turned; None is for what it says plainly.

    What stands on two sides stands on none; what is left out is with what is not told.
    """
    sides: dict[Turn | None, list[Mention]] = {}
    seen: dict[str, set[Turn | None]] = {}
    for each in mentions:
        if each.group is Group.ABOUT:
            at = range(each.start, each.end)
            turn = next((turned.by[place] for place in at if place in turned.by), None)
            if not turned.left_out.isdisjoint(at):
                turn = Turn.NOT
            sides.setdefault(turn, []).append(each)
            seen.setdefault(each.label, set()).add(turn)
    return {
        turn: kept
        for turn, some in sides.items()
        if (kept := [each for each in some if turn is Turn.NOT or len(seen[each.label]) == 1])
    }


def _turns(
    sides: Mapping[Turn | None, Sequence[Mention]], turned: Turned
) -> list[tuple[Turn, tuple[str, ...]]]:
    """Return the turns to be told, with what they turn or, where that is not sure, with nothing."""
    told = [
        (turn, () if turn is Turn.NOT else _sorted(sides.get(turn, ()))[:_MOST_NAMED])
        for turn in Turn
        if turn in sides or (turn in turned.found and turn not in _VAGUE)
    ]
    if not any(what or turn not in _VAGUE for turn, what in told):
        # What it says plainly may well be so, whatever else is not.
        silent = turned.found and (Turn.NOT in sides or None not in sides)
        return [(Turn.NOT, ())] if silent else []
    return [(turn, what) for turn, what in told if turn is not Turn.NOT]


def _say(turn: Turn, what: Sequence[str], texts: Texts) -> str:
    if turn is Turn.NOT:
        return texts.say("something is negated").unescape()
    said = texts.say("{turn}: {what}", turn=_name(turn, texts), what=", ".join(what) or "…")
    return said.unescape()


def _name(turn: Turn, texts: Texts) -> str:
    said = {
        Turn.NONE: texts.say("no"),
        Turn.DENIED: texts.say("denial"),
        Turn.REFUSED: texts.say("refusal"),
        Turn.CALLED_OFF: texts.say("cancellation"),
        Turn.PUT_OFF: texts.say("postponement"),
        Turn.ENDED: texts.say("halt"),
        Turn.AVERTED: texts.say("prevention"),
    }
    return said[turn].unescape()


def _sorted(mentions: Iterable[Mention]) -> tuple[str, ...]:
    """Return each label once: the gravest first of what it is about, then by the alphabet."""
    gravity: dict[str, int] = {}
    for each in mentions:
        ranked = each.gravity if each.group is Group.ABOUT else 0
        gravity[each.label] = max(ranked, gravity.get(each.label, 0))
    return tuple(sorted(gravity, key=lambda label: (-gravity[label], label.casefold())))


def _without_one(gist: Gist) -> Gist:
    """Return a gist without what is least of it; what is turned is told to the end."""
    places, who, about, turned = gist.places, gist.who, gist.about, gist.turned
    if len(about) > 1:
        about = about[:-1]
    elif len(who) > 1:
        who = who[:-1]
    elif len(places) > 1:
        places = places[:-1]
    elif who:
        who = ()
    elif places:
        places = ()
    elif turned:
        turned = turned[:-1]
    else:
        about = ()
    return Gist(places, who, about, turned, gist.asks)
