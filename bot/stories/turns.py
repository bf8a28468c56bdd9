"""What a headline turns round: what it denies, refuses, calls off, puts an end to.

A gist names things without their verbs, so that what is turned has to be told with what turns it
("refusal: talks"), or not at all. Where it is not sure what exactly is turned, it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.matching import ReadText
from bot.matching.negation import Manner, Negation, find_before, find_negations
from bot.stories import turning_words as cues
from bot.stories.turning_words import Turn

#: How many words apart a verb and what it turns may stand.
_REACH = 5


@dataclass
class Turned:
    """What is turned in a headline, by place, and what is better left out."""

    found: set[Turn] = field(default_factory=set)
    by: dict[int, Turn] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)

    def tell(self, places: Collection[int], turn: Turn) -> None:
        """Say that these may be told, as turned."""
        self.found.add(turn)
        self.by.update(dict.fromkeys(places, turn))

    def leave_out(self, places: Iterable[int], turn: Turn) -> None:
        """Say that these are not to be told at all."""
        self.found.add(turn)
        self.left_out.update(places)


def find_turns(read: ReadText, about: Mapping[int, int], named: Collection[int]) -> Turned:
    """Return what a headline turns round.

    *about* are the places of what it may be about, each with that at which its mention begins;
    *named* are those of its places and people.
    """
    finder = _Finder(read, about, named)
    finder.find()
    return finder.turned


class _Finder:
    def __init__(self, read: ReadText, about: Mapping[int, int], named: Collection[int]) -> None:
        self.turned = Turned()
        self._words = [word.folded for word in read.words]
        self._scripts = [word.script for word in read.words]
        self._breaks = read.breaks
        self._about = about
        self._named = named

    def find(self) -> None:
        verbs = [
            at
            for at, word in enumerate(self._words)
            if cues.ANY_VERB.match(word) or cues.NOT_HY.match(word)
        ]
        inside: set[int] = set()
        denied: set[int] = set()
        for each in find_negations(self._words, self._breaks):
            self._negate(each)
            inside |= each.places
            if each.manner is Manner.DENIED:
                denied |= each.places
                if not each.places.isdisjoint(verbs):
                    # He denies that it was called off.
                    self.turned.leave_out(each.places, Turn.DENIED)
        for at in verbs:
            split = any(verb.match(self._words[at]) for verb, _ in cues.WITH)
            if at not in denied and (split or at not in self._about):
                self._turn(at, negated=at in inside)

    def _negate(self, negation: Negation) -> None:
        at, clause = negation.at, self._clause(negation.at)
        if cues.MAYBE_DENIED.match(self._words[at]) and self._is_before_noun(at):
            # Fake vodka: that neither is denied nor says what it seems to.
            self.turned.left_out.update(range(at + 1, at + 3))
        elif negation.manner is Manner.DENIED:
            self.turned.tell(negation.places, Turn.DENIED)
            others = set(range(len(self._words))) - negation.places
            self.turned.leave_out(others, Turn.DENIED)
        elif negation.manner is Manner.NONE:
            none = set(self._listed(negation))
            beyond = () if none else self._object(at)  # "no plans to close the plant"
            self.turned.tell(none, Turn.NONE)
            self.turned.leave_out(
                {*negation.places, *beyond, *self._enumerated(clause)} - none, Turn.NONE
            )
        else:
            silent = negation.at_all and not any(each in self._about for each in clause)
            everything = range(len(self._words))
            self.turned.leave_out(everything if silent else {*clause, *negation.places}, Turn.NOT)

    def _turn(self, at: int, *, negated: bool) -> None:
        word = self._words[at]
        if self._is_another_word(at):
            return
        turn = next((turn for turn, verb in cues.VERBS.items() if verb.match(word)), Turn.NOT)
        if turn is Turn.NOT:
            self.turned.leave_out(self._clause(at), turn)
        elif negated or self._is_near_any(cues.NO, at, 2, -1):
            if turn is not Turn.ENDED:  # "shelling does not stop": that stands
                self.turned.leave_out(self._clause(at), Turn.NOT)
        elif cues.DISMISSES.match(word) and self._is_near_any(cues.CLAIM, at, 3, 3):
            self.turned.tell(range(at + 1, len(self._words)), Turn.DENIED)
            self.turned.leave_out(range(at), Turn.DENIED)
        else:
            self._turn_beside(at, turn)

    def _turn_beside(self, at: int, turn: Turn) -> None:
        behind = [each for each in self._object(at) if self._is_about(each, at)]
        before = [
            each
            for each in find_before(self._words, self._breaks, at, _REACH)
            if self._is_about(each, at)
        ]
        armenian = self._scripts[at] == "hy"
        near = bool(before) and self._is_joined(at, before[0], self._named)
        passive = self._is_passive(at, turn)
        either = armenian or (near and not passive and self._words[at].endswith("ed"))
        self.turned.found.add(turn)
        if behind and before and either:
            self.turned.left_out.update((*behind, *before))  # who stops what?
        elif not behind and not before:
            # It may be said later what is stopped.
            self.turned.left_out.update(range(at + 1, len(self._words)))
        elif before and (armenian or not behind or (near and passive)):
            ordered = self._head_first(before, at) if self._scripts[at] == "ru" else before
            self._tell_run(ordered, at, turn, {*self._named, *before})
        else:
            self._tell_run(behind, at, turn, self._named)

    def _tell_run(
        self, reached: Sequence[int], at: int, turn: Turn, passed: Collection[int]
    ) -> None:
        """Tell of what is reached as far as it is surely meant; leave the rest out."""
        told: list[int] = []
        for each in reached:
            if not (self._is_same(told[-1], each) if told else self._is_joined(at, each, passed)):
                break
            told.append(each)
        if told and told[-1] > at and not self._is_whole(told[-1]):
            told = []
        self.turned.tell(told, turn)
        self.turned.left_out.update(each for each in reached if each not in told)

    def _is_another_word(self, at: int) -> bool:
        """Tell whether what may turn something is used in another sense: "called", "bus stop"."""
        word, before = self._words[at], self._words[max(at - 1, 0)]
        if cues.AGAINST.match(word):
            if self._scripts[at] == "hy":
                return not any(map(cues.IS_HY.match, self._words[at + 1 : at + 2]))
            begins = at == self._clause(at).start
            return not (begins or at - 1 in self._named or cues.DECIDES.match(before))
        return bool(cues.STOP.match(word) and cues.BUS.match(before)) or any(
            verb.match(word) and not self._is_near_any(other, at, 5, 3) for verb, other in cues.WITH
        )

    def _clause(self, at: int) -> range:
        start = max((each for each in self._breaks if each <= at), default=0)
        end = min((each for each in self._breaks if each > at), default=len(self._words))
        return range(start, end)

    def _is_about(self, each: int, at: int) -> bool:
        return each in self._about and each != at

    def _is_near_any(self, pattern: re.Pattern[str], at: int, before: int, behind: int) -> bool:
        return any(map(pattern.match, self._words[max(at - before, 0) : at + behind + 1]))

    def _is_and(self, at: int) -> bool:
        return bool(cues.AND.match(self._words[at]))

    def _is_before_noun(self, at: int) -> bool:
        """Tell whether "fake" stands before what is fake, and of nothing that was said."""
        behind = at + 1
        return (
            behind not in self._breaks
            and behind < len(self._words)
            and not cues.ENDS.match(self._words[behind])
            and not cues.BETWEEN.match(self._words[behind])
            and not any(cues.CLAIM.match(each) or cues.SAID.match(each) for each in self._words)
        )

    def _listed(self, negation: Negation) -> Iterator[int]:
        """Yield what there is none of: only what stands right beside the word that says so."""
        clause = self._clause(negation.at)
        for step in (1, -1):
            at = negation.at + step
            run: list[int] = []
            while at in clause and (at in self._about or self._is_and(at)):
                run.append(at)
                at += step
            if step > 0 and run and at == clause.stop:
                run += self._continued(at)
            # A noun behind may be what it belongs to: "no gas price rise" says nothing of gas.
            ends = at not in clause or step < 0 or bool(cues.ENDS.match(self._words[at]))
            if ends and run and run[0] in negation.places:
                for part in self._parts(run):
                    yield from self._heads(part, behind=step > 0)

    def _continued(self, at: int) -> list[int]:
        """Return what a list goes on with: "no explosions, shelling or casualties"."""
        found: list[int] = []
        if at < len(self._words):
            for each in self._clause(at):
                if each not in self._about and not self._is_and(each):
                    break
                found.append(each)
        return found if any(map(self._is_and, found[1:])) else []

    def _parts(self, run: Sequence[int]) -> Iterator[list[int]]:
        """Yield the parts of a list: "explosions, fires or damage"."""
        part: list[int] = []
        for each in run:
            joined = each in self._about and part and abs(each - part[-1]) == 1
            if part and not (joined and max(each, part[-1]) not in self._breaks):
                yield part
                part = []
            if each in self._about:
                part.append(each)
        if part:
            yield part

    def _heads(self, part: Sequence[int], *, behind: bool) -> list[int]:
        """Return what of nouns side by side is meant; nothing where it may be either.

        "No fire casualties" and «հրդեհի զոհեր չկան» have casualties last, «нет жертв пожара» first.
        """
        mentions = {self._about[each] for each in part}
        if len(mentions) == 1:
            return list(part)
        russian = self._about[part[0]] if behind else -1
        head = russian if self._scripts[part[0]] == "ru" else max(mentions)
        return [each for each in part if self._about[each] == head]

    def _enumerated(self, clause: range) -> Iterator[int]:
        """Yield what is listed beside a clause that says there is none: «жертв, раненых нет»."""
        before = range(0) if clause.start == 0 else self._clause(clause.start - 1)
        if all(at in self._about or self._is_and(at) for at in before):
            yield from before
        behind = range(0) if clause.stop >= len(self._words) else self._clause(clause.stop)
        if any(map(self._is_and, behind)) or all(at in self._about for at in behind):
            yield from behind

    def _object(self, at: int) -> Iterator[int]:
        """Yield what stands behind a verb, up to where it says why or after what."""
        for each in range(at + 1, self._clause(at).stop):
            if cues.WHY.match(self._words[each]):
                return
            yield each

    def _head_first(self, before: Sequence[int], at: int) -> list[int]:
        """Return what stands before a Russian verb, that first to which the rest belong.

        «Эвакуация жителей Мовсеса прекращена» is of the evacuation, not of the people.
        """
        chain: list[int] = []
        for place in range(at - 1, -1, -1):
            if place not in before and place not in self._named:
                break
            if place in before:
                chain.append(place)
        return [*reversed(chain), *(each for each in before if each not in chain)]

    def _is_joined(self, at: int, each: int, passed: Collection[int]) -> bool:
        """Tell whether nothing but names and small words stands between."""
        return all(
            place in passed or cues.BETWEEN.match(self._words[place]) or self._is_and(place)
            for place in range(min(at, each) + 1, max(at, each))
        )

    def _is_same(self, told: int, each: int) -> bool:
        """Tell whether a word is of the same mention as the last one told, or joined to it."""
        between = range(min(told, each) + 1, max(told, each))
        if between:
            return all(map(self._is_and, between))
        # English puts nouns side by side: "gas supply".
        return self._about[told] == self._about[each] or self._scripts[each] == "en"

    def _is_passive(self, at: int, turn: Turn) -> bool:
        """Tell whether a verb says what is done to what stands before it."""
        words = self._words
        if words[at].isascii():
            behind = at + 1 + (words[at + 1 : at + 2] in (["off"], ["down"]))
            return behind >= len(words) or bool(cues.ASIDE.match(words[behind]))
        return turn is not Turn.REFUSED and bool(cues.PASSIVE.fullmatch(words[at]))

    def _is_whole(self, last: int) -> bool:
        """Tell whether an Armenian object ends there: a noun behind it would be what is meant."""
        behind = last + 1
        return (
            self._scripts[last] != "hy"
            or behind not in self._clause(last)
            or self._is_and(behind)
            or bool(cues.BETWEEN.match(self._words[behind]))
        )
