"""The glossary's data: its schema, and that each concept means what its examples say."""

import json
from importlib import resources

from bot.language import load
from bot.language.glossary import LANGUAGES, read_concepts
from bot.language.tables import glossary_files
from bot.matching import read_text

_ALLOWED = {
    "id",
    "gravity",
    "hy",
    "ru",
    "en",
    "ask",
    "not",
    "verbs",
    "yes",
    "no",
    "cldr",
    "also",
    "kin",
    "person",
}
_CONCEPTS = read_concepts()


def test_there_are_at_least_four_hundred_concepts() -> None:
    assert len(_CONCEPTS) >= 400


def test_every_record_follows_the_schema() -> None:
    seen: set[str] = set()
    folder = resources.files("bot.language")
    for name in glossary_files():
        for line in folder.joinpath(name).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            assert set(record) <= _ALLOWED, (name, record)
            assert record["id"] not in seen, record["id"]
            seen.add(record["id"])
            assert record["gravity"] in (0, 1, 2, 3), record["id"]
            assert all(isinstance(record[language], list) for language in LANGUAGES), record["id"]
            for part in ("ask", "not"):
                assert set(record.get(part, {})) <= set(LANGUAGES), record["id"]


def test_a_concept_is_found_in_its_examples_and_not_in_its_counter_examples() -> None:
    missed, mistaken = [], []
    for concept in _CONCEPTS:
        assert concept.examples, concept.id
        key = "@" + concept.id
        missed += [each for each in concept.examples if key not in read_text(each).keys]
        mistaken += [each for each in concept.counter_examples if key in read_text(each).keys]
    assert (missed, mistaken) == ([], [])


def test_every_concept_can_be_asked_for_in_each_language_it_has_words_in() -> None:
    glossary = load().glossary
    for concept in _CONCEPTS:
        for language in LANGUAGES:
            for word in concept.words[language]:
                if " " not in word and "-" not in word and not word.startswith("="):
                    asked = load().ask_word(word)
                    assert "@" + concept.id in asked.concepts, (concept.id, word)
    assert len(glossary.concepts) > len(_CONCEPTS), "Unicode's territories are missing"


def test_relatives_of_a_concept_are_concepts_and_none_is_both_asked_for_and_kin() -> None:
    concepts = load().glossary.concepts
    for concept in concepts.values():
        assert {*concept.also, *concept.kin} <= concepts.keys() - {concept.id}, concept.id
        assert not {*concept.also} & {*concept.kin}, concept.id
