"""Names that no transliteration gives: given names, surnames, Unicode's countries and cities."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from babel import Locale

from bot.language.fold import fold, words
from bot.language.glossary import LANGUAGES, Concept
from bot.language.tables import read_table


def read_given_names() -> dict[str, tuple[str, ...]]:
    """Return the keys of given names by folded spelling: Михаил, Michael, Միքայել share one."""
    return _by_spelling("given_names.tsv", "!")


def read_known_surnames() -> dict[str, tuple[str, ...]]:
    """Return the keys of surnames that transliteration does not bring together."""
    return _by_spelling("surnames.tsv", "@surname-")


def _by_spelling(table: str, prefix: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in read_table(table):
        key = prefix + fold(row[-1].split()[0])
        for spelling in " ".join(row).split():
            folded = fold(spelling)
            if key not in found.get(folded, ()):
                found[folded] = (*found.get(folded, ()), key)
    return found


def cldr_concepts(curated: Iterable[Concept]) -> Iterator[Concept]:
    """Yield Unicode's countries and cities as concepts, where no curated one has the name.

    A curated concept that names its territory takes the territory's words instead: see
    with_cldr_words().
    """
    curated = list(curated)
    taken = {concept.territory for concept in curated}
    known = {
        (language, fold(word))
        for concept in curated
        for language in LANGUAGES
        for word in concept.words[language]
    }
    locales = {language: Locale(language) for language in LANGUAGES}
    for code in sorted(locales["en"].territories):
        if not code.isdigit() and code not in taken:
            named = _territory(locales, code)
            if named and not any((k, fold(v[0])) in known for k, v in named.items()):
                yield _place("territory-" + code.lower(), named)
    for zone in sorted(locales["hy"].time_zones):
        named = _city(locales, zone)
        if named and not any((k, fold(v[0])) in known for k, v in named.items()):
            yield _place("city-" + fold(zone.split("/")[-1]), named)


def _city(locales: Mapping[str, Locale], zone: str) -> dict[str, tuple[str, ...]]:
    armenian = locales["hy"].time_zones.get(zone, {}).get("city")
    russian = locales["ru"].time_zones.get(zone, {}).get("city")
    english = locales["en"].time_zones.get(zone, {}).get("city")
    english = english or zone.split("/")[-1].replace("_", " ")
    if not armenian or not russian:
        return {}
    return {"hy": (armenian,), "ru": (russian,), "en": (english,)}


def _territory(locales: Mapping[str, Locale], code: str) -> dict[str, tuple[str, ...]]:
    named: dict[str, tuple[str, ...]] = {}
    for language, locale in locales.items():
        name = locale.territories.get(code)
        if not name:
            return {}
        spelled = [word.written for word in words(name)]
        if sum(map(len, spelled)) < 3 or "(" in name:
            return {}
        named[language] = (" ".join(spelled),)
    return named


def with_cldr_words(concept: Concept) -> Concept:
    """Return a curated country with Unicode's names for its territory added."""
    if not concept.territory:
        return concept
    named = _territory({language: Locale(language) for language in LANGUAGES}, concept.territory)
    joined = {
        language: tuple(dict.fromkeys((*concept.words[language], *named.get(language, ()))))
        for language in LANGUAGES
    }
    return dataclasses.replace(concept, words=joined)


def _place(concept_id: str, named: dict[str, tuple[str, ...]]) -> Concept:
    nothing: dict[str, tuple[str, ...]] = dict.fromkeys(LANGUAGES, ())
    return Concept(
        id=concept_id, category="places", gravity=0, words=named, asked_by=nothing, never=nothing
    )
