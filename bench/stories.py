"""How well stories are told apart, beside plain methods, and what that costs.

    python -m bench.stories --data FOLDER [--week FILE] [--keywords WORD ...]

FOLDER holds `pairs-*.jsonl` and `stream-*.jsonl` (their form: README.md beside this file); FILE is
an archive of headlines, `{"outlet", "titles": [{"title", "first_seen"}]}` a line, packed by gzip:
its days are replayed at 5,000 items a day for the cost, and its week of 6 to 12 July for how many
alerts each keyword would ring with stories and without. Every plain method is given the threshold
that is best for it on these very pairs; ours are the ones it ships with. MinHash needs datasketch.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table

from bot.language import load
from bot.matching import matches
from bot.stories import assign, same_event
from bot.stories.headline import read_headline
from bot.stories.learnt import load_counts
from bot.stories.open_stories import OpenStories

_PRECISION = 0.95
_A_DAY = 5_000
_DAYS = 2
_KEYWORDS = ("Ադրբեջան", "Փաշինյան", "սահման")
_WEEK = (datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 7, 13, tzinfo=UTC))
_WORD = re.compile(r"\w+")

Rows = Sequence[dict[str, Any]]
Likeness = Callable[[str, str], float]


def read_rows(folder: Path, pattern: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each file that fits."""
    return {
        path.stem: [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
        for path in sorted(folder.glob(pattern))
    }


def jaccard(one: str, other: str) -> float:
    """Return the share of common words."""
    a, b = (set(_WORD.findall(title.lower())) for title in (one, other))
    return len(a & b) / max(1, len(a | b))


def find_methods() -> dict[str, Likeness]:
    """Return the plain methods that are installed."""
    found: dict[str, Likeness] = {
        "words, Jaccard": jaccard,
        "rapidfuzz token_set": lambda a, b: fuzz.token_set_ratio(a.lower(), b.lower()) / 100,
        "rapidfuzz token_sort": lambda a, b: fuzz.token_sort_ratio(a.lower(), b.lower()) / 100,
    }
    try:
        from datasketch import MinHash  # type: ignore[import-not-found]
    except ImportError:
        return found

    def sketch(title: str) -> Any:
        made = MinHash(num_perm=128)
        low = title.lower()
        made.update_batch([low[at : at + 4].encode() for at in range(max(1, len(low) - 3))])
        return made

    found["MinHash 128, four letters"] = lambda a, b: float(sketch(a).jaccard(sketch(b)))
    return found


def measure(pairs: Rows, joined: Sequence[bool]) -> tuple[float, float]:
    """Return precision and recall."""
    right = sum(bool(pair["same"]) and said for pair, said in zip(pairs, joined, strict=True))
    said_same, same = sum(joined), sum(bool(pair["same"]) for pair in pairs)
    return right / max(1, said_same), right / max(1, same)


def best_of(pairs: Rows, likeness: Likeness) -> tuple[float, float]:
    """Return the most recall that a method has at a precision of .95, with that precision."""
    scores = [likeness(pair["a"]["title"], pair["b"]["title"]) for pair in pairs]
    found = [measure(pairs, [score >= bound for score in scores]) for bound in set(scores)]
    good = [each for each in found if each[0] >= _PRECISION]
    return max(good, key=lambda each: each[1], default=(float("nan"), 0.0))


def compare_pairs(folder: Path, console: Console) -> None:
    """Print how pairs are decided."""
    methods = find_methods()
    table = Table("pairs", "of them same", "Sahman", *methods, title="precision / recall")
    for name, rows in read_rows(folder, "pairs-*.jsonl").items():
        ours = measure(rows, [same_event(row["a"], row["b"]) for row in rows])
        plain = [best_of(rows, likeness) for likeness in methods.values()]
        same = sum(bool(row["same"]) for row in rows)
        table.add_row(
            f"{name} {len(rows)}", str(same), *(f"{p:.3f} / {r:.3f}" for p, r in (ours, *plain))
        )
    console.print(table)


def assign_plainly(items: Rows) -> list[int]:
    """Return stories as a plain rule makes them: words shared, or letters, with any head."""
    heads: list[tuple[datetime, str, int]] = []
    numbers = []
    for number, row in enumerate(items):
        at = datetime.fromisoformat(row["published_at"])
        heads = [each for each in heads if at - each[0] <= timedelta(hours=24)]
        title = row["title"]
        told = next(
            (
                story
                for _, head, story in heads
                if jaccard(title, head) >= 0.35
                or fuzz.token_sort_ratio(title.lower(), head.lower()) >= 75
            ),
            None,
        )
        if told is None:
            heads.append((at, title, number))
        numbers.append(number if told is None else told)
    return numbers


def b_cubed(gold: Sequence[Any], said: Sequence[Any]) -> tuple[float, float]:
    """Return the precision of items joined with others, the recall of stories of several."""
    of_gold, of_said = defaultdict(set), defaultdict(set)
    for at, (truth, found) in enumerate(zip(gold, said, strict=True)):
        of_gold[truth].add(at)
        of_said[found].add(at)
    both = [of_gold[t] & of_said[f] for t, f in zip(gold, said, strict=True)]
    precision = [
        len(each) / len(of_said[f])
        for each, f in zip(both, said, strict=True)
        if len(of_said[f]) > 1
    ]
    recall = [
        len(each) / len(of_gold[t])
        for each, t in zip(both, gold, strict=True)
        if len(of_gold[t]) > 1
    ]
    return statistics.fmean(precision or [float("nan")]), statistics.fmean(recall)


def compare_streams(folder: Path, console: Console) -> None:
    """Print how whole days are put together."""
    table = Table("day", "Sahman", "words or letters", title="joined precision / recall of several")
    for name, rows in read_rows(folder, "stream-*.jsonl").items():
        rows.sort(key=lambda row: row["published_at"])
        sure = [at for at, row in enumerate(rows) if not row["unsure"]]
        figures = []
        for method in (assign, assign_plainly):
            labels = method(rows)
            figures.append(b_cubed([rows[at]["story"] for at in sure], [labels[at] for at in sure]))
        table.add_row(f"{name} {len(rows)}", *(f"{p:.3f} / {r:.3f}" for p, r in figures))
    console.print(table)


def read_week(archive: Path) -> list[dict[str, str]]:
    """Return the last headline that each address had, in the order of time."""
    rows = []
    with gzip.open(archive, "rt", encoding="utf-8") as lines:
        for line in lines:
            titles = json.loads(line)["titles"]
            at = datetime.fromtimestamp(titles[0]["first_seen"], UTC)
            rows.append(
                {"lang": "hy", "title": titles[-1]["title"], "published_at": at.isoformat()}
            )
    return sorted(rows, key=lambda row: row["published_at"])


def measure_cost(rows: Sequence[dict[str, str]], console: Console) -> None:
    """Print what an item costs at 5,000 a day."""
    load()
    stories = OpenStories(load_counts())
    took = []
    gc.collect()
    before = psutil.Process().memory_info().rss
    begin = _WEEK[0]
    for number in range(_A_DAY * _DAYS):
        title = rows[number % len(rows)]["title"]
        if number >= len(rows):
            title = f"{title} {number}"
        at = begin + timedelta(days=number / _A_DAY)
        began = time.process_time()
        headline = read_headline(title, "hy")
        stories.close(at)
        found = stories.find(headline, at)
        stories.counts.learn(headline)
        if found is None or found.closed:
            stories.add(number + 1, headline, at)
        took.append((time.process_time() - began) * 1_000)
    last_day = sorted(took[-_A_DAY:])
    grew = (psutil.Process().memory_info().rss - before) / 1e6
    console.print(
        f"{_A_DAY:,} items a day, the second of {_DAYS} days, ms of CPU an item: "
        f"mean {statistics.fmean(last_day):.2f}, p50 {last_day[len(last_day) // 2]:.2f}, "
        f"p99 {last_day[int(len(last_day) * 0.99)]:.2f}, worst {last_day[-1]:.1f}; "
        f"{len(stories):,} open stories, {grew:.0f} MB"
    )


def replay_week(rows: Sequence[dict[str, str]], words: Sequence[str], console: Console) -> None:
    """Print how many alerts a week would have rung, with stories and without."""
    week = [
        row for row in rows if _WEEK[0] <= datetime.fromisoformat(row["published_at"]) < _WEEK[1]
    ]
    if not week:
        return
    labels = assign(week)
    table = Table("keyword", "items", "stories", title=f"a week, {len(week)} headlines")
    for word in words:
        caught = [at for at, row in enumerate(week) if matches(word, row["title"])]
        table.add_row(word, str(len(caught)), str(len({labels[at] for at in caught})))
    console.print(table)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--week", type=Path)
    parser.add_argument("--keywords", nargs="+", default=_KEYWORDS)
    asked = parser.parse_args()
    console = Console(width=160)
    compare_pairs(asked.data, console)
    compare_streams(asked.data, console)
    if asked.week:
        rows = read_week(asked.week)
        replay_week(rows, asked.keywords, console)
        measure_cost(rows, console)


if __name__ == "__main__":
    main()
