"""Words of the news are kept over a restart as they were read; what a person typed never is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.language import load
from bot.matching import keep_read, parse_keyword, read_text, recall_read
from bot.matching.remembered import Remembered
from bot.matching.text import forget_read

NEWS = "Shots at the border: Пашинян прибыл в Горис, Սահմանին կրակոցներ են հնչել, U.S. envoy"


@pytest.fixture(autouse=True)
def nothing_read() -> Iterator[None]:
    forget_read()
    yield
    forget_read()


def test_a_text_is_read_as_before_and_no_word_of_it_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_text(NEWS)
    keep_read(tmp_path)
    forget_read()
    recall_read(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(load(), "_read", lambda written: pytest.fail(written))
        again = read_text(NEWS)
    assert again == read
    assert again.standing == read.standing


def test_what_was_typed_is_not_kept(tmp_path: Path) -> None:
    read_text("Quiet at the border")
    parse_keyword("Secretname OR Тайный Человек")
    keep_read(tmp_path)
    (file,) = tmp_path.iterdir()
    written = file.read_text(encoding="utf-8").casefold()
    assert "border" in written
    assert not any(typed in written for typed in ("secretname", "тайн", "человек"))


def test_another_versions_file_goes_and_a_damaged_one_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "words-0123.json").write_text("[]")
    read_text("border")
    keep_read(tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.name != "words-0123.json"
    for damaged in (b"", b"[[1]]", b'[["a"', b"\xff"):
        file.write_bytes(damaged)
        forget_read()
        recall_read(tmp_path)
        assert read_text("border").keys


def test_what_is_asked_for_stays_and_the_rest_makes_room() -> None:
    remembered = Remembered[int](4)
    for number in range(20):
        remembered.put(str(number), number)
        remembered.put("always", -1) if number == 0 else remembered.get("always")
    assert remembered.get("always") == -1
    assert remembered.get("19") == 19
    assert remembered.get("0") is None
    assert len(list(remembered.values())) <= 9
