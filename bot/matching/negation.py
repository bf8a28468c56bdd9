"""What a text says did not happen: "no casualties", «жертв нет», «զոհեր չկան», and what is denied.

A few rules of word order for three languages; no grammar is parsed. Where a rule is in doubt what a
text says stands: a warning too grave is better than one that is missed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Manner(Enum):
    """How a text turns its words round."""

    NOT = auto()  #: it does not happen: "did not", «не», «չի»
    NONE = auto()  #: there is none of it: "no", «нет», «չկան»
    DENIED = auto()  #: somebody says that it is not so


@dataclass(frozen=True, slots=True)
class Negation:
    """A word that turns others round, and the places of those."""

    at: int
    manner: Manner
    places: frozenset[int]
    #: It says of what stands before it, too, that it did not happen: «взрывов не было».
    at_all: bool = False


@dataclass(frozen=True, slots=True)
class _Cue:
    """A word that turns others round: how many behind it, and how many before it."""

    word: re.Pattern[str]
    after: int = 0
    before: int = 0
    #: The words next to it with which it says something else: "no fewer than", «без вести».
    unless: re.Pattern[str] | None = None
    manner: Manner = Manner.NOT


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})\Z")


_STILL_TRUE = _of(
    "only|just|less|fewer|more|stop.*|ceas(?:e|es|ed|ing)|end.*|halt.*|rule|exclude.*|yet"
    "|только|лишь|просто|менее|меньше|более|больше|исключ.*|прекра.*|останавлив.*|утиха.*"
    "|միայն|պակաս|ավարտ.*|դադար.*|բացառ.*"
)
_OWN_PART = _of(
    "responsib.*|involve.*|role|guilt.*|part|bail|entry|access|visa.*|причастн.*|вину|участие|роль"
    "|ответственност.*|առնչությ.*|մասնակցությ.*|պատասխանատվ.*|մեղք.*|մեղավոր.*"
)
_CUES = (
    _Cue(_of("no|without|zero"), after=3, unless=_STILL_TRUE, manner=Manner.NONE),
    _Cue(_of("not|never|neither|nor|nobody|none|cannot"
             "|(?:did|does|do|was|were|is|are|has|have|had|wo|ca|could|would|should)n't"),
         after=3, unless=_STILL_TRUE),
    _Cue(_of("den(?:y|ies|ied|ying)|denials?|refut.*|debunk.*"), after=8, before=3,
         unless=_OWN_PART, manner=Manner.DENIED),
    _Cue(_of("fake|false|untrue|hoax|disinformation|bogus|baseless|groundless|unfounded"
             "|fabricated"), after=5, before=6, manner=Manner.DENIED),
    _Cue(_of("нет"), after=3, before=6, unless=_STILL_TRUE, manner=Manner.NONE),
    _Cue(_of("без"), after=3, unless=_of("вести|вестей"), manner=Manner.NONE),
    _Cue(_of("ни|никаких|никто|ничего"), after=3, manner=Manner.NONE),
    _Cue(_of("не"), after=3, unless=_STILL_TRUE),
    _Cue(_of("опровер.*|отрица(?!тельн).*"), after=7, before=6, unless=_OWN_PART,
         manner=Manner.DENIED),
    _Cue(_of("фейк.*|ложь|ложью|ложн.*|недостоверн.*|дезинформаци.*|неправд.*|выдумк.*|вымыс.*"),
         after=5, before=6, manner=Manner.DENIED),
    _Cue(_of("չկա|չկան|չկար|չկային|չեղա[վն]|չունի|չունեն|չունեցա[վն]"), after=1, before=4,
         manner=Manner.NONE),
    _Cue(_of("չի|չեն|չէ|չէր|չէին"), after=3, unless=_STILL_TRUE),
    _Cue(_of("չ(?:սկսվ|հաստատվ|գրանցվ|արձանագրվ|կայաց|հնչ)(?:եց|եցին|ավ|ան)"), after=1, before=4),
    _Cue(_of("առանց"), after=3, manner=Manner.NONE),
    _Cue(_of("ոչ"), after=3, unless=_STILL_TRUE, manner=Manner.NONE),
    _Cue(_of("հերք.*"), after=7, before=6, unless=_OWN_PART, manner=Manner.DENIED),
    _Cue(_of("կեղծ.*|ապատեղեկատվ.*|սուտ|ստում|հորինված.*"), after=5, before=6,
         manner=Manner.DENIED),
)  # fmt: skip
# Most words are none: they are asked once.
_ANY_CUE = re.compile("|".join(cue.word.pattern for cue in _CUES))
# Behind these "not" speaks of what stands before it too: «взрывов не зафиксировано».
_NOT = _of("не|not|never|չի|չեն|չէր|չէին|.*n't")
_DID_NOT = _of(
    "begun|begin|started?|happen.*|occur.*|confirm.*|resum.*|tak(?:e|en)|verif.*|record.*|found"
    "|был[оаи]?|будет|зафиксир.*|выявлен.*|обнаруж.*|подтвер.*|подтвержд.*|поступ.*|имеется"
    "|լինի|լինելու|եղել|գրանցվել|արձանագրվել|հաստատվել|սկսվել|հնչել|պատահել|նկատվել|տեղի"
    "|сообщается|допущен.*|произош.*|произойд.*|оказал.*|пострадал.*|случил.*"
    "|соответств.*|համապատասխան.*|состоит.*|состоял.*|կայան.*|կայաց.*"
)
# A phrase that begins so says where or after what: it stands as it is.
_ASIDE = _of(
    "after|in|at|on|near|during|amid|despite|since|from|for|as|but|because|over|following|by"
    "|после|в|во|на|при|из|от|около|возле|во|из-за|за|до|с|со|но|хотя"
)
# And one that ends so, in Armenian.
_ASIDE_HY = _of("հետեվանքով|արդյունքում|ժամանակ|հետո|պատճառով|մեջ|վրա|մոտ|դեպքում|ընթացքում|բայց")
_PASSED = _of(
    "որեվէ|any|a|the|of|or|and|եվ|ու|и|или|was|were|been|being|be|is|are|has|have|had|one"
)


def find_negated(words: Sequence[str], breaks: Collection[int]) -> frozenset[int]:
    """Return the places of the folded *words* whose meaning the text negates or denies.

    *breaks* are the places before which a clause ends.
    """
    return frozenset[int]().union(*[each.places for each in find_negations(words, breaks)])


def find_negations(words: Sequence[str], breaks: Collection[int]) -> Iterator[Negation]:
    """Yield what turns the folded *words* of a text round, in their order."""
    for at, word in enumerate(words):
        if not _ANY_CUE.match(word):
            continue
        cue = next(cue for cue in _CUES if cue.word.match(word))
        if cue.unless and _is_beside(cue.unless, words, at):
            continue
        at_all = bool(_NOT.match(word) and at + 1 < len(words) and _DID_NOT.match(words[at + 1]))
        before = 4 if at_all else cue.before
        places = {
            *find_behind(words, breaks, at, cue.after),
            *find_before(words, breaks, at, before),
        }
        yield Negation(at, cue.manner, frozenset(places), at_all)


def _is_beside(pattern: re.Pattern[str], words: Sequence[str], at: int) -> bool:
    return any(pattern.match(word) for word in words[at + 1 : at + 3])


def find_behind(
    words: Sequence[str], breaks: Collection[int], at: int, count: int
) -> Iterator[int]:
    """Yield the places of *count* words behind one, to the end of their phrase."""
    for place in range(at + 1, len(words)):
        if not count or place in breaks or _ASIDE.match(words[place]):
            return
        yield place
        count -= not _PASSED.match(words[place])


def find_before(words: Sequence[str], breaks: Collection[int], at: int, count: int) -> list[int]:
    """Return the places of *count* words before one, nearest first, no phrase aside among them."""
    pending: list[int] = []
    for place in range(at - 1, -1, -1):
        if not count or place + 1 in breaks or _ASIDE_HY.match(words[place]):
            break
        if _ASIDE.match(words[place]):
            pending.clear()  # "in the blast" is where, and no part of what did not happen
        else:
            pending.append(place)
        count -= not _PASSED.match(words[place])
    return pending
