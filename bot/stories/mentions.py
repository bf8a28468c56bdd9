"""What a headline speaks of: the concepts of the glossary and the names that stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from bot.language import Concept, WordKeys, clean, load, script_of, written_words
from bot.language.demonyms import PREFIX
from bot.language.dictionaries import default_dictionaries
from bot.language.reading import CONCEPT, GIVEN_NAME, NAME
from bot.matching import ReadText
from bot.stories.labels import HOMONYMS, LABELS, UNTOLD, with_hyphens
from bot.stories.lettering import spell


class Group(Enum):
    """Where a gist tells of something."""

    PLACE = auto()
    WHO = auto()
    ABOUT = auto()


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept or a name, told in the reader's language, and where it stands."""

    start: int
    end: int
    group: Group
    label: str
    gravity: int = 0
    concept: str = ""  #: "" for a name that is in no glossary


_PLACES = frozenset({"places", "countries"})
_FORMER = re.compile(
    "deputy|former|ex|acting|vice|assistant|then|late|бывш.{2,3}|экс|зам|заместител.{1,3}|врио|вице"
    "|помощник.{0,2}|նախկին|փոխ"
)
_DEPUTY_HY = re.compile("տեղակալ|օգնական|խորհրդական|պաշտոնակատար")
# What is Armenian is told as of Armenia, as what is Russian is of Russia.
_COUNTRY_OF = {"armenian": "armenia", "azerbaijani": "azerbaijan"}
_NAMED = frozenset({"officials", "organisations"})
_WHO = _NAMED | {"offices"}
_WHO_BY_ID = re.compile(
    r"(?:.*-)?court|.*-(?:ministry|minister|committee|inspectorate)|(?:vice-)?president|(?:vice-)?speaker"
    r"|minister|ministry|community-head|(?:deputy-)?prime-minister|government|parliament|national-assembly"
    r"|opposition|authorities|deputy|mayor|governor|general-staff|security-council|king|pope"
    r"|national-security-service|police|catholicos|archbishop|patriarch|prosecutor-general"
    r"|chancellor|secretary-general|constitutional-court|central-bank|ruling-party|city-hall"
    r"|mother-see|russian-border-guards|psrc|prosecutor(?:-office)?|investigator|army|ombudsman"
    r"|ambassador|diplomat|embassy|delegation|envoy|church|clergy|commander|general|colonel"
)
_IN_PLACE = re.compile(
    "in|near|at|towards?|village|town|в|во|под|близ|около|возле|село|сел[ае]|город[ае]?"
)
_IS_PLACE = re.compile("(?:գյուղ|քաղաք|համայնք|մարզ|ավան)(?:ը|ի|ում|ից|ին|ն)?")
# "fire toward the village" is no blaze.
_SHOTS = re.compile("towards?|from|across|between")
_DATE = re.compile(
    "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:jan|febr)uary|march|april|may|june|july|august"
    "|(?:septem|octo|novem|decem)ber|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_ACRONYM = re.compile("[A-Z][A-Z0-9]{1,7}")
#: A name of so many words in quotes is a club, a firm or a film, whatever place it is called after.
_QUOTED_WORDS = 3
_OPENS, _CLOSES = "«“„", "»”“"


def find_mentions(text: str, read: ReadText, language: str) -> list[Mention]:
    """Return what a text that was read speaks of, in its order, in the words of *language*."""
    quoted = _find_quoted(text)
    found = list(_concepts(read, language, quoted))
    covered = {place for each in found for place in range(each.start, each.end)}
    names = list(_names(read, language, covered, quoted))
    found = [_with_given_name(each, read, names, language) for each in found]
    swallowed = {place for each in found for place in range(each.start, each.end)}
    found += [each for each in names if swallowed.isdisjoint(range(each.start, each.end))]
    return sorted(found, key=lambda each: (each.start, each.end))


def find_label(concept_id: str, language: str) -> tuple[str, Concept] | None:
    """Return the words for a concept, with the concept that they are of: Iran for Iranian."""
    known = load().glossary.concepts
    concept_id = _COUNTRY_OF.get(concept_id, concept_id)
    concept = known.get(concept_id.removeprefix(PREFIX)) or known.get(concept_id)
    if concept is None or concept.id in UNTOLD:
        return None
    own = LABELS.get(concept.id, {}).get(language)
    words = concept.words.get(language, ())
    label = own or (with_hyphens(words[0].removeprefix("="), language) if words else "")
    return (label, concept) if label else None


def _concepts(read: ReadText, language: str, quoted: frozenset[int]) -> Iterator[Mention]:
    covered: set[int] = set()
    for span in sorted(read.spans, key=lambda s: (s.start - s.end, s.start, s.concept)):
        places = range(span.start, span.end)
        if covered.isdisjoint(places):
            covered.update(places)
            for each in _mention(span.start, span.end, span.concept, language):
                if not _is_former(read, each):
                    yield each
    for place, word in enumerate(read.words):
        if place not in covered and (concept := _meaning(read, place, word)):
            for each in _mention(place, place + 1, concept, language):
                if _is_former(read, each):
                    continue
                # «Карабах» is a club, «Հրապարակ» a newspaper.
                if each.group is Group.WHO or place not in quoted or not word.capital:
                    yield each


def _is_former(read: ReadText, each: Mention) -> bool:
    """Tell whether an office is told of who holds it no more, or is only second in it."""
    if each.group is not Group.WHO or load().glossary.concepts[each.concept].category in _NAMED:
        return False
    reach = 2 if read.words[each.start].script == "en" else 1
    before = [
        read.words[place].folded
        for place in range(max(each.start - reach, 0), each.start)
        if read.breaks.isdisjoint(range(place + 1, each.start + 1))
    ]
    behind = each.end < len(read.words) and each.end not in read.breaks
    return any(map(_FORMER.fullmatch, before)) or (
        behind and bool(_DEPUTY_HY.match(read.words[each.end].folded))
    )


def _meaning(read: ReadText, place: int, word: WordKeys) -> str:
    """Return the one concept that a word stands for; "" if it may stand for unlike ones."""
    known = load().glossary.concepts
    hidden = read.hidden.get(place, ())
    ids = [key for key in word.concepts if key not in hidden and key[1:] in known]
    ids = [key for key in ids if (key[1:], word.script) not in HOMONYMS]
    of_category = {known[key[1:]].category for key in ids}
    if len(of_category) != 1:
        return ""
    if _is_given_name(read, place) and of_category <= _PLACES:
        return ""  # Արարատ Միրզոյան is nowhere
    if word.script == "ru" and not word.capital:
        ids = [key for key in ids if _is_usual_ru(key[1:], word.folded)] or ids[:0]
    if (
        "@fire" in ids
        and place + 1 < len(read.words)
        and _SHOTS.match(read.words[place + 1].folded)
    ):
        return ""
    return min(ids, key=lambda key: (-known[key[1:]].gravity, key), default="")


def _is_usual_ru(concept: str, folded: str) -> bool:
    """Tell whether a Russian word usually means a concept: «сел» sat down, and is no village."""
    glossary = load().glossary
    usual = default_dictionaries().citation_forms_ru(folded)[:1]
    return any(
        concept in table.get(form, ())
        for form in (folded, *usual)
        for table in (glossary.ordinary, glossary.proper)
    )


def _mention(start: int, end: int, key: str, language: str) -> Iterator[Mention]:
    told = find_label(key.removeprefix(CONCEPT), language)
    if told is not None:
        label, concept = told
        yield Mention(start, end, _group(concept), label, concept.gravity, concept.id)


def _group(concept: Concept) -> Group:
    if concept.category in _PLACES:
        return Group.PLACE
    if concept.category in _WHO or _WHO_BY_ID.fullmatch(concept.id):
        return Group.WHO
    return Group.ABOUT


def _is_given_name(read: ReadText, place: int) -> bool:
    """Tell whether a word is a first name before a surname."""
    if not any(key[0] == GIVEN_NAME for key in read.words[place].keys):
        return False
    behind = place + 1
    return (
        behind < len(read.words)
        and behind not in read.breaks
        and read.words[behind].capital
        and any(key[0] == NAME for key in read.words[behind].keys)
    )


def _names(
    read: ReadText, language: str, covered: set[int], quoted: frozenset[int]
) -> Iterator[Mention]:
    """Yield the names that are in no glossary; those that stand side by side are one."""
    run: list[int] = []
    for place in range(len(read.words) + 1):
        if run and (
            place == len(read.words) or place in read.breaks or place in covered
            or not _is_name(read, place, quoted)
        ):  # fmt: skip
            yield from _name(read, run, language, quoted)
            run = []
        if place < len(read.words) and place not in covered and _is_name(read, place, quoted):
            run.append(place)


def _is_name(read: ReadText, place: int, quoted: frozenset[int]) -> bool:
    word, written = read.words[place], read.written[place]
    if _ACRONYM.fullmatch(written):
        # In other letters it is a name that is written so everywhere.
        return not _is_latin(read) or (len(written) > 2 and not load().is_ordinary(written))
    if (
        not word.capital
        or _is_shouted(written)
        or _DATE.fullmatch(word.folded)
        or load().is_function_word(written)
    ):
        return False
    if any(key[0] == GIVEN_NAME for key in word.keys):
        return True
    if not any(key[0] == NAME for key in word.keys):
        return place in quoted and bool(word.concepts)
    # An unknown word that only begins a sentence may be any word.
    begins = place == 0 or place in read.breaks
    return not begins or place in quoted or _looks_like_name(read, place)


def _looks_like_name(read: ReadText, place: int) -> bool:
    if re.search("(?:յան|եան|ով|եվ|ян|янц|[оеё]в|yan|ian|[oe]v)", read.words[place].folded[-6:]):
        return True
    return place + 1 < len(read.words) and read.words[place + 1].capital


def _is_shouted(written: str) -> bool:
    return len(written) > 1 and sum(map(str.isupper, written)) * 2 > len(written)


def _is_latin(read: ReadText) -> bool:
    return sum(word.script == "en" for word in read.words) * 2 > len(read.words)


def _name(
    read: ReadText, run: Sequence[int], language: str, quoted: frozenset[int]
) -> Iterator[Mention]:
    foreign = not _is_latin(read)
    spelled = [
        written
        if _ACRONYM.fullmatch(written) or (foreign and written.isascii())
        else spell(written, language)
        for written in (read.written[place] for place in run)
    ]
    label = " ".join(filter(None, spelled))
    if label:
        if quoted.issuperset(run):
            label = f"“{label}”" if language == "en" else f"«{label}»"
        start, end = run[0], run[-1] + 1
        group = Group.PLACE if _stands_as_place(read, start, end, quoted) else Group.WHO
        yield Mention(start, end, group, label)


def _stands_as_place(read: ReadText, start: int, end: int, quoted: frozenset[int]) -> bool:
    if start in quoted:
        return False
    before = read.words[start - 1].folded if start and start not in read.breaks else ""
    behind = read.words[end].folded if end < len(read.words) and end not in read.breaks else ""
    last = read.words[end - 1]
    declined = script_of(last.folded) == "hy" and last.folded.endswith("ում") and end - start == 1
    return declined or bool(_IN_PLACE.fullmatch(before)) or bool(_IS_PLACE.fullmatch(behind))


def _with_given_name(
    each: Mention, read: ReadText, names: Sequence[Mention], language: str
) -> Mention:
    """Return somebody of the glossary with the first name that stands before: it may be another."""
    concept = load().glossary.concepts.get(each.concept)
    if concept is None or concept.category != "officials" or " " in each.label:
        return each
    given = next((name for name in names if name.end == each.start), None)
    start = given.start if given else each.start
    if given is None and each.start and _is_given_name(read, each.start - 1):
        start = each.start - 1
    if start == each.start or each.start in read.breaks:
        return each
    first = " ".join(spell(read.written[place], language) for place in range(start, each.start))
    return Mention(start, each.end, each.group, f"{first} {each.label}", each.gravity, each.concept)


def _find_quoted(text: str) -> frozenset[int]:
    """Return the places of words in short quotes, counted as `read_text` counts them."""
    found: set[int] = set()
    opened: list[int] | None = None
    place = 0
    for chunk in text.split():
        if any(sign in chunk for sign in _OPENS):
            opened = []
        count = len(written_words(clean(chunk)))
        if opened is not None:
            opened += range(place, place + count)
            if any(sign in chunk[1:] for sign in _CLOSES):
                if len(opened) <= _QUOTED_WORDS:
                    found.update(opened)
                opened = None
        place += count
    return frozenset(found)
