"""Texts are read as by the plain dictionaries: what makes it fast changes no key of any word."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.language.glossary import read_concepts
from bot.matching import read_text
from bot.matching.text import forget_read

_REPOSITORY = Path(__file__).parents[2]
_HEADLINES = 10_000
# pymorphy3 in Python alone, simplemma's own dictionaries, the glossary compiled from its files,
# each text cut into words as a whole, and nothing remembered.
_PLAINLY = """
import sys
sys.modules["dawg"] = None
from simplemma.strategies.dictionaries import DefaultDictionaryFactory
from bot.language import clean, dictionaries, written_words
dictionaries.MappedDictionaries = DefaultDictionaryFactory
import json
from bot.language import load
from bot.matching.text import find_patterns
import pymorphy3.dawg
assert not pymorphy3.dawg.EXTENSION_AVAILABLE
language = load()
for line in sys.stdin:
    words = tuple(map(language.read_typed_word, written_words(clean(json.loads(line)))))
    spans, hidden = find_patterns(language, words)
    spans = [[span.start, span.end, span.concept] for span in spans]
    hidden = sorted([place, *sorted(keys)] for place, keys in hidden.items())
    print(json.dumps([[word.keys for word in words], spans, hidden]))
"""


def headlines() -> Iterator[str]:
    for concept in read_concepts():
        yield from (*concept.examples, *concept.counter_examples)


def headlines_of_the_data() -> Iterator[str]:
    folder = Path(os.environ.get("SAHMAN_DATA") or pytest.skip("SAHMAN_DATA is not set"))
    for path in sorted(folder.glob("matching-dev/*.jsonl")):
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        yield from {row["text"] for row in rows}
    with gzip.open(folder / "headlines-hy-dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for _, line in zip(range(_HEADLINES), lines, strict=False):
            yield json.loads(line)["titles"][-1]["title"]


@pytest.mark.slow
@pytest.mark.parametrize("given", [headlines, headlines_of_the_data])
def test_every_word_has_the_keys_that_plain_reading_gives(given: object, tmp_path: Path) -> None:
    # Headlines set in capitals are read with knowledge of the whole: not what is compared here.
    texts = [" ".join(text.split()) for text in dict.fromkeys(given())]  # type: ignore[operator]
    texts = [text for text in texts if not text.isupper()]
    plainly = subprocess.run(
        [sys.executable, "-c", _PLAINLY],
        input="\n".join(map(json.dumps, texts)), capture_output=True, text=True, check=True,
        cwd=_REPOSITORY, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    )  # fmt: skip
    forget_read()
    lines = plainly.stdout.splitlines()
    assert len(lines) == len(texts) > 1_000
    for text, line in zip(texts, lines, strict=True):
        read = read_text(text)
        spans = [[span.start, span.end, span.concept] for span in read.spans]
        hidden = sorted([place, *sorted(keys)] for place, keys in read.hidden.items())
        assert [[list(word.keys) for word in read.words], spans, hidden] == json.loads(line), text
