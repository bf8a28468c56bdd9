"""News for benches: texts of thousands of different words, as often as words are in the world.

Words are those of the dictionaries that Sahman installs (simplemma's), drawn by the law of Zipf and
Mandelbrot: the word of rank r stands in a text in proportion to 1 / (r + 2.7) ** 1.07. With
`SAHMAN_DATA` Armenian texts are real headlines, strung together.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import random
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from simplemma.strategies.dictionaries import DefaultDictionaryFactory

LANGUAGES = ("hy", "ru", "en")
_WORDS = 12_000
#: What hardly a sentence goes without; the dictionaries do not say how often a word is used.
_FREQUENT = {
    "hy": "է և են որ ու էր հետ մեջ համար նաև պետք մասին այս այդ ոչ իր կա չի եմ դա մի մեր ըստ ինչ",
    "ru": "и в на что с по не из за к от о для как это его был до при после был также все",
    "en": "the of and to in a is that for on with by from as at it was has be are were said his",
}
_SHIFT, _POWER = 2.7, 1.07
#: One word in so many is written as names are.
_CAPITALS = 8


def write_text(language: str, words: int, chance: random.Random) -> str:
    """Return a text of about so many words, the same for the same state of *chance*."""
    headlines = load_headlines() if language == "hy" else ()
    if headlines:
        written: list[str] = []
        while len(written) < words:
            written += chance.choice(headlines).split()
        return " ".join(written[:words])
    vocabulary, weights = make_vocabulary(language)
    drawn = chance.choices(vocabulary, cum_weights=weights, k=words)
    drawn = [word if chance.randrange(_CAPITALS) else word.capitalize() for word in drawn]
    return " ".join((drawn[0].capitalize(), *drawn[1:]))


@functools.cache
def make_vocabulary(language: str) -> tuple[Sequence[str], Sequence[float]]:
    """Return the words of a language by rank, and their cumulative weights."""
    dictionary = DefaultDictionaryFactory().get_dictionary(language)
    chance = random.Random(language)
    known = sorted(word for word in dictionary if word.isalpha() and word.islower())
    drawn = chance.sample(known, _WORDS)
    # What is said often is short.
    drawn.sort(key=lambda word: len(word) + chance.random() * 8)
    drawn = [*_FREQUENT[language].split(), *drawn]
    weights = (1 / (rank + _SHIFT) ** _POWER for rank in range(1, len(drawn) + 1))
    return drawn, list(accumulate(weights))


@functools.cache
def load_headlines() -> Sequence[str]:
    """Return the real Armenian headlines of `SAHMAN_DATA`; none where it is not set."""
    folder = os.environ.get("SAHMAN_DATA")
    if not folder:
        return ()
    found: dict[str, None] = {}
    with gzip.open(Path(folder) / "headlines-hy-dev.jsonl.gz", "rt") as lines:
        for line in lines:
            for each in json.loads(line)["titles"][-1:]:
                found.setdefault(each["title"])
    return list(found)
