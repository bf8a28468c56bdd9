"""Names written in another script, letter by letter, as near as a reader needs them.

A name in the tables of known names is written as the press of that language writes it; all others
go by these tables, which hold no language's rules but only its usual letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from rapidfuzz.distance import OSA

from bot.language import fold, script_of
from bot.language.dictionaries import default_dictionaries
from bot.language.skeleton import skeletons
from bot.language.tables import read_table

_SCRIPTS = ("hy", "ru", "en")
_SHORTEST_STEM = 4


def _pairs(table: str) -> dict[str, str]:
    """Read "ա a  բ b": a letter, or several, and what is written for it; a lone _ is nothing."""
    units = table.split()
    return {
        key: "" if value == "_" else value
        for key, value in zip(units[::2], units[1::2], strict=True)
    }


# A leading ^ is the beginning of the word; the longest that fits is taken.
_LETTERS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("hy", "en"): _pairs(
        "ա a բ b գ g դ d ե e ^ե ye զ z է e ը y թ t ժ zh ի i լ l խ kh ծ ts կ k հ h ձ dz ղ gh ճ ch"
        " մ m յ y ն n շ sh ո o ^ո vo չ ch պ p ջ j ռ r ս s վ v տ t ր r ց ts ու u ^ու u փ p ք k և ev"
        " ^և yev օ o ֆ f եւ ev եվ ev ^եվ yev"
    ),
    ("hy", "ru"): _pairs(
        "ա а բ б գ г դ д ե е զ з է е ^է э ը ы թ т ժ ж ի и լ л խ х ծ ц կ к հ г ձ дз ղ г ^ղ к ճ ч մ м"
        " յ й ն н շ ш ո о ^ո во չ ч պ п ջ дж ռ р ս с վ в տ т ր р ց ц ու у ^ու у փ п ք к և ев օ о"
        " ֆ ф եւ ев եվ ев յա я չյա чья յու ю յո йо յե е ^հա а ^հե е ^հի и ^հո о ^հու у ահա аа"
        " ոհա оа ^հով ов"
    ),
    ("ru", "en"): _pairs(
        "а a б b в v г g д d е e ^е ye ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t"
        " у u ф f х kh ц ts ч ch ш sh щ shch ъ _ ы y ь _ э e ю yu я ya дж j кс x і i ї yi є ye ґ g"
        " ў w ј y"
    ),
    ("ru", "hy"): _pairs(
        "а ա б բ в վ г գ д դ е ե ё յո ж ժ з զ и ի й յ к կ л լ м մ н ն о ո ^о օ п պ р ր ^р ռ с ս"
        " т տ у ու ф ֆ х խ ц ց ч չ ш շ щ շչ ъ _ ы ի ь _ э է ю յու я յա дж ջ дз ձ ев և рр ռ і ի ї յի"
        " є ե ґ գ ў վ ј յ ий ի ый ի"
    ),
    ("en", "hy"): _pairs(
        "a ա b բ c կ d դ e ե ^e է f ֆ g գ h հ i ի j ջ k կ l լ m մ n ն o ո ^o օ p պ q ք r ր ^r ռ s ս"
        " t տ u ու v վ w վ x քս y ի z զ sh շ ch չ zh ժ kh խ gh ղ dz ձ ts ց ^ts ծ ph ֆ th թ ck կ"
        " qu կվ oo ու ee ի ou ու ya յա ye ե yu յու yo յո ce սե ci սի cy սի ev և rr ռ ' _ ay այ"
        " ey եյ oy ոյ uy ույ ei եյ"
    ),
    ("en", "ru"): _pairs(
        "a а b б c к d д e е ^e э f ф g г h х i и j дж k к l л m м n н o о p п q к r р s с t т u у"
        " v в w в x кс y и ^y й z з sh ш ch ч zh ж kh х gh г dz дз ts ц ph ф th т ck к qu кв oo у"
        " ee и ou у ya я ^ya я ye е ^ye е yu ю ^yu ю yo йо ^yo йо ce се ci си cy си ' _ ay ай ey ей"
        " oy ой uy уй iy ий ei ей shch щ"
    ),
}  # fmt: skip

# What surnames end in; behind it cases are taken off whatever a dictionary guesses.
_SURNAME_RU = re.compile("(.+(?:ян|янц|[оеё]в|ин|дзе|швили))(а|у|ым|ом|ем|е|ой)?")
_FEMININE_RU = ("ова", "ева", "ина")
_CASE_RU = re.compile("(.{2,}[бвгджзклмнпрстфхцчшщ])(?:а|у|ом|ем|е)")
_CASES_HY = (
    re.compile("(.+(?:յան|եան|ով|եվ|ցի))(?:ը|ն|ի|ին|ից|ով|ում|ս|դ)"),
    re.compile("(.{3,}[աո])(?:յի|յին|յից|յում|յով)"),
    re.compile("(.+(?:ձոր|շեն|ավան|կերտ|քար|բերդ|վանք|տուն|պար|գետ|ուտ))(?:ի|ին)"),
    re.compile("(.{3,}[^աեէիոօւ])(?:ը|ում|ից)"),
    re.compile("(.{3,}[բգդզթժլխծկհձղճմնշչպջռսվտրցփքֆ])ն"),
)
# The same of names that the tables know.
_OF_KNOWN = {
    "hy": ("ը", "ն", "ի", "ին", "ից", "ով"),
    "ru": ("а", "у", "ом", "ем", "е", "я", "ю"),
}


def spell(written: str, language: str) -> str:
    """Return a name of a text in its nominative, in the script of *language*; "" if it has none."""
    folded = find_nominative(written)
    script = script_of(folded)
    if script not in _SCRIPTS:
        return ""
    if script == language:
        plain = written.removesuffix("'s")
        return plain if folded == fold(plain) else _capital(folded.replace("եվ", "և"))
    known = _known_spelling(folded, script, language)
    return known or _capital(_transcribe(folded, script, language))


def find_nominative(written: str) -> str:
    """Return the folded form of a name in which it is called, as well as one can tell."""
    folded = fold(written.removesuffix("'s"))
    script = script_of(folded)
    if folded in _spellings():
        return folded
    for ending in _OF_KNOWN.get(script, ()):
        if folded.removesuffix(ending) in _spellings():
            return folded.removesuffix(ending)
    if script == "ru":
        return _nominative_ru(folded)
    return _nominative_hy(folded) if script == "hy" else folded


def _nominative_ru(folded: str) -> str:
    if match := _SURNAME_RU.fullmatch(folded):
        if folded.endswith(_FEMININE_RU):
            # Захарова may be herself, or of Захаров: as it is written, it is right or near it.
            return folded
        return match[1] + "а" if match[2] == "ой" else match[1]
    forms = default_dictionaries().citation_forms_ru(folded)
    if default_dictionaries().knows_ru(folded):
        return folded if folded in forms or not forms else forms[0]
    match = _CASE_RU.fullmatch(folded)
    return match[1] if match and match[1] in forms else folded


def _nominative_hy(folded: str) -> str:
    lemma = default_dictionaries().lemma(folded, "hy", capital=True)
    if _SHORTEST_STEM <= len(lemma) < len(folded) and folded.startswith(lemma):
        return lemma
    for case in _CASES_HY:
        if match := case.fullmatch(folded):
            return match[1]
    return folded


@cache
def _spellings() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Return, by any spelling of a known name, all its spellings: of hy, of ru, of en."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for table in ("given_names.tsv", "surnames.tsv"):
        for row in read_table(table):
            cells = tuple(tuple(cell.split()) for cell in row)
            for spelling in " ".join(row).split():
                found.setdefault(fold(spelling), cells)
    return found


def _known_spelling(folded: str, script: str, language: str) -> str:
    """Return how the press of *language* writes a known name, where it is one name in both."""
    cells = _spellings().get(folded)
    if cells is None:
        return ""
    there = cells[_SCRIPTS.index(language)]
    plain = _transcribe(folded, script, language)
    sounds = skeletons(folded)
    alike = [
        each
        for each in there
        if not sounds.isdisjoint(skeletons(fold(each))) or _apart(fold(each), plain) <= (1, False)
    ]
    if alike:
        return min(alike, key=lambda each: (_apart(fold(each), plain), there.index(each)))
    # A row holds what one name became: Ivan is no John, but the first of each are one.
    here = cells[_SCRIPTS.index(script)]
    return there[0] if here and there and folded == fold(here[0]) else ""


def _apart(one: str, other: str) -> tuple[int, bool]:
    return OSA.distance(one, other), one[:1] != other[:1]


def _transcribe(folded: str, script: str, language: str) -> str:
    return "".join(_units(folded, _LETTERS[script, language]))


def _units(folded: str, letters: Mapping[str, str]) -> Iterator[str]:
    at = 0
    while at < len(folded):
        for size in (4, 3, 2, 1):
            unit = folded[at : at + size]
            key = "^" + unit if at == 0 and "^" + unit in letters else unit
            if len(unit) == size and key in letters:
                yield letters[key]
                break
        else:
            size = 1  # a letter of no alphabet that is known here: left out
        at += size


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
