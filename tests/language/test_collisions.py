"""No key of the glossary is mostly another word's: each is held against real headlines.

A key is shorter than the words it stands for ("~գն" of գին, a price), so that words nobody meant
may bear it (գնում, he buys). The dictionaries say which word a form of a headline belongs to.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.language import fold, load, script_of
from bot.language.asking import WordAsker
from bot.language.dictionaries import default_dictionaries
from bot.language.reading import WordReader
from bot.matching import read_text

_FEWEST = 3
# What the dictionaries lead back to another word although it is meant, or what nobody can tell
# apart: the court's and the ship's суда, the politician's and the politics' политика.
_KNOWN = frozenset({"~գնդ", "նահանջ", "судно", "пресса", "полк", "политик", "волк"})


def titles() -> Iterator[str]:
    folder = Path(os.environ.get("SAHMAN_DATA") or pytest.skip("SAHMAN_DATA is not set"))
    for path in sorted(folder.glob("matching-dev/*.jsonl")):
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        yield from {row["text"] for row in rows}
    for path in sorted(folder.glob("stories-dev/pairs-*.jsonl")):
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        yield from {row[side]["title"] for row in rows for side in "ab"}
    with gzip.open(folder / "headlines-hy-dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from {json.loads(line)["titles"][-1]["title"] for line in lines}


def lemmas(word: str, *, name: bool) -> frozenset[str]:
    """Return what the dictionaries lead a word back to; nothing of one that they do not know."""
    dictionaries, folded, script = default_dictionaries(), fold(word), script_of(word)
    if script == "ru":
        forms = dictionaries.citation_forms_ru(folded)[:1]
        return frozenset(forms if dictionaries.knows_ru(folded) else ())
    if script not in ("hy", "en") or not dictionaries.is_known(folded, script):
        return frozenset()
    cases = (False, True) if name else (False,)
    return frozenset(dictionaries.lemma(folded, script, capital=case) for case in cases)


@pytest.mark.slow
def test_no_key_of_the_glossary_is_mostly_another_words() -> None:
    glossary = load().glossary
    keys_of = WordAsker(WordReader(default_dictionaries()), frozenset()).glossary_keys
    meant: dict[str, set[str]] = defaultdict(set)
    for concept in glossary.concepts.values():
        for written in (word for words in concept.words.values() for word in words):
            if not written.startswith("=") and " " not in written:
                for key in keys_of(written):
                    meant[key] |= {fold(written), *lemmas(written, name=True)}
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for title in titles():
        text = read_text(title)
        for place, (written, word) in enumerate(zip(text.written, text.words, strict=True)):
            for key in () if place in text.hidden else word.keys:
                if key in glossary.ordinary or (word.capital and key in glossary.proper):
                    forms[key][written] += 1
    collisions = {}
    for key, counted in forms.items():
        if key not in meant or key in _KNOWN:
            continue
        others = {
            form: times
            for form, times in counted.items()
            if (known := lemmas(form, name=form[0].isupper())) and not known & meant[key]
        }
        wrong = sum(others.values())
        if wrong >= _FEWEST and wrong * 2 > counted.total():
            collisions[key] = others
    assert not collisions
