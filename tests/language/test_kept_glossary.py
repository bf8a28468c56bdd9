"""The glossary is compiled once for its tables and dictionaries, and read as it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.language.glossary import Concept, Glossary
from bot.language.kept import open_glossary


def make() -> Glossary:
    nothing: dict[str, tuple[str, ...]] = {"hy": (), "ru": (), "en": ()}
    words = {
        "hy": ("սահման",),
        "ru": ("граница", "линия соприкосновения"),
        "en": ("border", "US"),
    }
    glossary = Glossary(
        [
            Concept(
                id="border",
                category="conflict",
                gravity=1,
                words=words,
                asked_by=nothing | {"en": ("edge",)},
                never=nothing | {"ru": ("за границей",)},
                examples=("At the border",),
            )
        ]
    )
    glossary.compile(lambda word: frozenset({word, word + "~"}))
    return glossary


def never() -> Glossary:
    raise AssertionError


def test_the_next_start_reads_what_the_first_one_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = open_glossary(make, tmp_path)
    read = open_glossary(never, tmp_path)
    assert not caplog.records
    assert vars(read) == vars(made) == vars(make())
    assert read.asked_by_key("edge") == ("border",)
    assert read.own_keys["border"] >= {"border", "граница~", "US"}


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"concepts": [{}]}', b"\xff", b'{"concepts": 1}'])
def test_a_damaged_file_is_made_anew_and_another_versions_goes(
    tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / "glossary-0123.json").write_bytes(b"{}")
    open_glossary(make, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert vars(open_glossary(make, tmp_path)) == vars(make())
    assert vars(open_glossary(never, tmp_path)) == vars(make())
