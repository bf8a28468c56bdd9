"""Matching held against verdicts that somebody gave by reading, who did not tune it.

    python -m bench.heldback DATA_FOLDER [--errors]

Run from a checkout. Recall and precision of each keyword of `tests/data/heldback/*.json`, and of
all together (micro), on real headlines of the development data; `--errors` prints those that are
wrong, to the terminal only: no headline may be copied into the project. The README.md beside the
verdicts says how they were drawn and judged.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import feedparser
from rich.console import Console
from rich.table import Table

from bot.language import load
from bot.matching import KeywordRefused, matches, parse_keyword

_VERDICTS = Path(__file__).parents[1] / "tests/data/heldback"
_SECTIONS = (
    "Հայաստան|Աշխարհ|Թուրքիա|Իրան|Միացյալ Նահանգներ|Մերձավոր Արևելք|Իրավունք|Տնտեսություն|"
    "Քաղաքականություն|Կրթություն|Եվրոպա|Ռուսաստան|Մշակույթ|Մարզեր|Պատահարներ|Անոնս|Ինովացիա|"
    "Պաշտոնական|Հասարակություն|Տարածաշրջան|Սպորտ|Ադրբեջան|Վրաստան"
)
#: What the scraper of the Armenian archive glued to headlines, by outlet.
_DAY = r"(?:Այսօր|Երեկ), \d{1,2}:\d\d"
_BEFORE = re.compile(rf"{_DAY}|\d\d:\d\d(?:, \d{{1,2}} [ա-և]+)?|[Ա-Ֆ][ա-և]+ \d{{1,2}}, \d{{4}}")
_SECTION = re.compile(rf"^(?:{_SECTIONS})(?=[Ա-ՖA-Z«\d])")
_AFTER = re.compile(rf"(?:{_DAY}|\d\d:\d\d \d\d-\d\d-\d{{4}}).*", re.DOTALL)
#: Where a summary follows, a capital stands right after a small letter.
_SUMMARY = re.compile(r"(?<=[ա-ևa-z։»)])(?=[Ա-Ֆ«]).*", re.DOTALL)


@dataclass
class Score:
    """How a keyword fared: numbers of titles found, and of those missed or found wrongly."""

    right: int = 0
    missed: list[int] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    def cells(self) -> list[str]:
        """Return recall, precision, and what they are made of."""
        missed, wrong = len(self.missed), len(self.wrong)
        rates = (_percent(self.right, self.right + off) for off in (missed, wrong))
        return [*rates, *map(str, (self.right, missed, wrong))]


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def headline(title: str) -> str:
    """Cut off date, section and summary that the Armenian archive glued to a headline."""
    before = _BEFORE.match(title)
    kept = _AFTER.sub("", _SECTION.sub("", title[before.end() :] if before else title))
    if re.match(_DAY, title):
        kept = _SUMMARY.sub("", kept)
    return kept.strip()


@cache
def _read(path: Path) -> list[Any]:
    content = path.read_bytes()
    if path.suffix == ".xml":
        return list(feedparser.parse(content).entries)
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return [json.loads(line) for line in text.split("\n") if line]


def titles_of(data: Path, places: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield each place (file and position) and the title that lies there."""
    for name, positions in places.items():
        records = _read(data / name)
        for position in positions:
            number, _, part = position.partition(":")
            record = records[int(number)]
            if part.isdigit():
                title = headline(record["titles"][int(part)]["title"])
            else:
                title = (record[part] if part else record)["title"].strip()
            yield f"{name}:{position}", title


def ask(keyword: str, verdict: dict[str, list[int]], titles: list[str]) -> Score:
    """Hold a keyword against all titles but the unsure ones."""
    score, due = Score(), set(verdict["yes"])
    for number, title in enumerate(titles):
        if number in verdict.get("unsure", ()):
            continue
        found = matches(keyword, title)
        if found and number in due:
            score.right += 1
        elif found:
            score.wrong.append(number)
        elif number in due:
            score.missed.append(number)
    return score


def _refused(keyword: str) -> str:
    try:
        parse_keyword(keyword)
    except KeywordRefused as refused:
        return f" (refused: {refused})"
    return ""


def main() -> None:
    """Print a table for each language."""
    parser = argparse.ArgumentParser(description="Hold matching against held-back verdicts.")
    parser.add_argument("data", type=Path, help="the folder of the development data")
    parser.add_argument("--errors", action="store_true", help="print what is wrong, and where")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"no such folder: {arguments.data}")
    load()
    console = Console()
    for file in sorted(_VERDICTS.glob("*.json")):
        verdicts = json.loads(file.read_text(encoding="utf-8"))
        places, titles = zip(*titles_of(arguments.data, verdicts["titles"]), strict=True)
        table = Table("keyword", "recall", "precision", "right", "missed", "wrong")
        table.title = f"{file.stem}: {len(titles)} titles"
        total, errors = Score(), []
        for keyword, verdict in verdicts["keywords"].items():
            score = ask(keyword, verdict, list(titles))
            table.add_row(keyword + _refused(keyword), *score.cells())
            total.right += score.right
            total.missed += score.missed
            total.wrong += score.wrong
            for kind, numbers in (("missed", score.missed), ("wrong", score.wrong)):
                errors += [(kind, keyword, places[each], titles[each]) for each in numbers]
        table.add_section()
        table.add_row("all", *total.cells())
        console.print(table)
        if arguments.errors:
            for error in errors:
                print("  ".join(error))


if __name__ == "__main__":
    main()
