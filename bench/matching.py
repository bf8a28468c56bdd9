"""What holding many keywords against the news costs, beside plain methods on the same items.

Run from a checkout: ``python bench/matching.py [--keywords 1000 10000 100000] [--data FOLDER]``.
With the development set's folder (or $SAHMAN_DATA) its sentences are the items; without it, the
glossary's own examples are, shuffled together. README.md beside this file explains the table.
"""

import argparse
import gc
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bot.language import clean, fold_text, load, script_of, words
from bot.language.glossary import read_concepts
from bot.matching import KeywordRefused, Matcher, parse_keyword, read_text
from bot.matching.text import forget_read, keep_read, recall_read

_SEED = 20260912
_WORDS_IN_ITEM = 44
_ITEMS = 1_500
_SLOW_METHOD_ITEMS = 15
_ROUNDS = 5
# Items that come after one keyword was added.
_AFTER_ONE = 100
# Few of a hundred thousand keywords are words that stand in today's news.
_REAL_WORDS = 4_000
_SHORTEST_INVENTED = 8


def items_from(folder: Path | None, chance: random.Random) -> list[str]:
    """Return texts of about 44 words in the three languages."""
    sentences: list[str] = []
    if folder is not None:
        for path in sorted(folder.glob("**/inflection_*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            sentences.extend(dict.fromkeys(json.loads(line)["text"] for line in lines))
    else:
        sentences = [s for concept in read_concepts() for s in concept.examples]
    chance.shuffle(sentences)
    items, current, size = [], [], 0
    for sentence in sentences * 8:
        current.append(sentence)
        size += len(sentence.split())
        if size >= _WORDS_IN_ITEM:
            items.append(" ".join(current))
            current, size = [], 0
        if len(items) == _ITEMS:
            break
    return items


def keywords_from(items: Iterable[str], count: int, chance: random.Random) -> list[str]:
    """Return *count* different keywords: words of the items, pairs of them, invented names."""
    vocabulary = sorted({w.written for item in items for w in words(clean(item))} - {""})
    vocabulary = [word for word in vocabulary if len(word) >= 4 and not word.isdigit()]
    by_script: dict[str, list[str]] = {}
    for word in vocabulary:
        by_script.setdefault(script_of(word), []).append(word)
    glossary = [t for c in read_concepts() for terms in c.words.values() for t in terms]
    found = dict.fromkeys(chance.sample(glossary, min(len(glossary), count // 10)))
    real = min(len(vocabulary), count // 3, _REAL_WORDS)
    found.update(dict.fromkeys(chance.sample(vocabulary, real)))
    while len(found) < count:
        first = chance.choice(vocabulary)
        second = chance.choice(by_script[script_of(first)])
        # Names that nobody bears: most of a hundred thousand keywords never match either.
        invented = first[: len(first) // 2 + 1] + second[len(second) // 2 :]
        if len(invented) < _SHORTEST_INVENTED:
            continue
        found[invented.capitalize()] = None
        if chance.random() < 0.1:
            found[f"{first} {invented}"] = None
    return list(found)[:count]


def compile_all(typed: Iterable[str]) -> list[str]:
    """Return the stored queries of the keywords that are not refused."""
    queries = []
    for keyword in typed:
        try:
            queries.append(parse_keyword(keyword).to_json())
        except KeywordRefused:
            continue
    return queries


def per_second(work: Callable[[str], object], items: list[str]) -> float:
    """Return how many items a second *work* manages, in one pass."""
    began = time.perf_counter()
    for item in items:
        work(item)
    return len(items) / (time.perf_counter() - began)


def each_ms(work: Callable[[str], object], items: list[str]) -> list[float]:
    """Return how many milliseconds *work* takes with each item."""
    times = []
    for item in items:
        began = time.perf_counter()
        work(item)
        times.append((time.perf_counter() - began) * 1000)
    return times


def resident_mb() -> float:
    """Return the memory of this process."""
    return float(psutil.Process().memory_info().rss) / 2**20


def plain_methods(typed: list[str], items: list[str]) -> dict[str, float]:
    """Return items a second of methods that only look for the folded surface."""
    folded = sorted({f for keyword in typed if (f := fold_text(keyword))})
    texts = [f" {fold_text(item)} " for item in items]
    spaced = [f" {keyword} " for keyword in folded]
    few = texts[:_SLOW_METHOD_ITEMS]
    speeds = {"naive loop": per_second(lambda t: [k for k in spaced if k in t], few)}
    if len(folded) <= 10_000:
        pattern = re.compile("(?<= )(?:" + "|".join(map(re.escape, folded)) + ")(?= )")
        speeds["one big re"] = per_second(pattern.findall, few)
    try:
        import ahocorasick

        automaton = ahocorasick.Automaton()
        for keyword in spaced:
            automaton.add_word(keyword, keyword)
        automaton.make_automaton()
        speeds["pyahocorasick"] = per_second(lambda t: list(automaton.iter(t)), texts)
    except ImportError:
        pass
    try:
        import ahocorasick_rs

        rust = ahocorasick_rs.AhoCorasick(spaced)
        speeds["ahocorasick-rs"] = per_second(
            lambda t: rust.find_matches_as_indexes(t, overlapping=True), texts
        )
    except ImportError:
        pass
    return speeds


def measure(count: int, items: list[str], chance: random.Random) -> dict[str, str]:
    """Return one row of the table."""
    typed = keywords_from(items, count, chance)
    forget_read()
    began = time.perf_counter()
    stored = compile_all(typed)
    compiled_s = time.perf_counter() - began
    gc.collect()
    before = resident_mb()
    # Taken off again: the lists go before the index is weighed.
    lists_mb = sum(map(sys.getsizeof, stored)) / 2**20
    began = time.perf_counter()
    matcher = Matcher()
    matcher.add_all(enumerate(stored))
    loaded_s = time.perf_counter() - began
    first = stored[0]
    del stored
    gc.collect()
    index_mb = resident_mb() - before + lists_mb
    forget_read()
    hits = 0

    def match(item: str, matcher: Matcher = matcher) -> None:
        nonlocal hits
        hits += len(matcher.find(read_text(item), language="", publisher=""))

    # As the product does once it has started.
    gc.freeze()
    cold = per_second(match, items)
    forms = load().read_word.cache_info().misses / len(items)
    warm = statistics.median(per_second(match, items) for _ in range(_ROUNDS))
    with tempfile.TemporaryDirectory() as folder:
        keep_read(Path(folder))
        forget_read()
        recall_read(Path(folder))
    restarted = per_second(match, items)
    times = sorted(each_ms(match, items))
    after_one = []
    for number in range(_ROUNDS):
        matcher.add(10**9 + number, first)
        after_one.append(sorted(each_ms(match, items[:_AFTER_ONE]))[_AFTER_ONE * 99 // 100])
    began = time.perf_counter()
    matcher.add(10**9, first)
    matcher.remove(10**9)
    one_ms = (time.perf_counter() - began) * 1000
    row = {
        "keywords": f"{count:,}",
        "compile s": f"{compiled_s:.1f}",
        "load s": f"{loaded_s:.1f}",
        "index MB": f"{index_mb:.0f}",
        "process MB": f"{resident_mb():.0f}",
        "cold /s": f"{cold:,.0f}",
        "restarted /s": f"{restarted:,.0f}",
        "warm /s": f"{warm:,.0f}",
        "new forms/item": f"{forms:.1f}",
        "p50 ms": f"{times[len(times) // 2]:.2f}",
        "p99 ms": f"{times[len(times) * 99 // 100]:.2f}",
        "p99 after an /add ms": f"{statistics.median(after_one):.2f}",
        "hits/item": f"{hits / (len(items) * (_ROUNDS + 3) + _ROUNDS * _AFTER_ONE):.1f}",
        "add+remove ms": f"{one_ms:.3f}",
    }
    del matcher
    gc.unfreeze()
    row |= {name: f"{speed:,.0f}" for name, speed in plain_methods(typed, items).items()}
    return row


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keywords", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--data", type=Path, default=os.environ.get("SAHMAN_DATA") or None)
    arguments = parser.parse_args()
    chance = random.Random(_SEED)
    began = time.perf_counter()
    load()
    console = Console(width=220)
    console.print(f"dictionaries and glossary loaded in {time.perf_counter() - began:.1f} s")
    items = items_from(Path(arguments.data) if arguments.data else None, chance)
    rows = [measure(count, items, chance) for count in arguments.keywords]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*columns, title=f"{len(items)} items of about {_WORDS_IN_ITEM} words, one core")
    for row in rows:
        table.add_row(*(row.get(name, "") for name in columns))
    console.print(table)


if __name__ == "__main__":
    main()
