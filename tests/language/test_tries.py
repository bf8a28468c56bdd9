"""Dictionaries in mapped files say what simplemma's own say, whatever became of the files."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import simplemma
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from bot.language.tries import MappedDictionaries


@pytest.mark.slow
@pytest.mark.parametrize("language", ["hy", "en"])
def test_every_word_has_the_lemma_that_simplemma_gives(language: str, tmp_path: Path) -> None:
    theirs = DefaultDictionaryFactory().get_dictionary(language)
    mapped = MappedDictionaries(tmp_path).get_dictionary(language)
    again = MappedDictionaries(tmp_path).get_dictionary(language)
    for ours in (mapped, again):
        assert len(ours) == len(theirs)
        words = random.Random(1).sample(sorted(theirs), 20_000)
        assert all(ours[word] == theirs[word] for word in words)
        assert ours.get("qqqq") is None
    assert [path.name for path in tmp_path.iterdir()] == [
        f"simplemma-{simplemma.__version__}-{language}.trie"
    ]


# Of a language whose dictionary is small: what became of the file is the same for all.


def test_a_file_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / f"simplemma-{simplemma.__version__}-ms.trie"
    file.write_bytes(b"half")
    assert MappedDictionaries(tmp_path).get_dictionary("ms")["akhbarnya"] == "akhbar"
    assert not file.exists()
    assert MappedDictionaries(tmp_path).get_dictionary("ms")["akhbarnya"] == "akhbar"
    assert file.stat().st_size > 100_000


def test_where_nothing_can_be_written_words_are_known_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    assert MappedDictionaries(blocked / "folder").get_dictionary("ms")["akhbarnya"] == "akhbar"
