"""Learns the scorers of stories and their first counts from labelled headlines.

    pip install scikit-learn; python -m bench.train_stories FOLDER [--check]

FOLDER holds `pairs-*.jsonl` and `stream-*.jsonl` (their form: README.md beside this file).
Writes `bot/stories/scorers.json` and `counts.json.gz`: numbers and keys, no headline. Reproducible:
the same FOLDER gives the same files. With ``--check`` it learns from four fifths of the events at a
time, says how the left out fifth is decided, ten times with other fifths, and writes nothing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

from bot.stories.counts import EVERY, Counts
from bot.stories.features import NAMES, compare
from bot.stories.headline import Headline, read_headline
from bot.stories.scorer import Scorer
from bot.stories.verdict import find_bound, find_veto

_ROOT = Path(__file__).parents[1]
_HERE = _ROOT / "bot" / "stories"
#: Invented near misses; the half "held" is never learnt from.
_INVENTED = _ROOT / "tests" / "data" / "stories"
_TREES, _DEPTH, _RATE, _LEAST = 80, 3, 0.1, 8
#: Of the features each cut is chosen among a share: one strong feature hides fewer others.
_CHOICE = 0.3
_SOFT = 0.05
_FOLDS, _REPEATS = 5, 10
#: What stands in fewer headlines is as rare as what stands in none.
_FEWEST = 2


def read_rows(folder: Path, pattern: str) -> list[dict[str, Any]]:
    """Return the rows of all files that fit, with the file's name."""
    return [
        json.loads(line) | {"file": path.name}
        for path in sorted(folder.glob(pattern))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line
    ]


def learn_counts(folder: Path) -> Counts:
    """Return in how many different headlines each key stands."""
    counts = Counts({}, {})
    titles = {
        (each["lang"], each["title"])
        for row in read_rows(folder, "pairs-*.jsonl")
        for each in (row["a"], row["b"])
    }
    titles |= {(row["lang"], row["title"]) for row in read_rows(folder, "stream-*.jsonl")}
    for language, title in sorted(titles):
        counts.learn(read_headline(title, language))
    return counts


def fit(features: list[tuple[float, ...]], same: list[int], weights: list[float]) -> dict[str, Any]:
    """Return boosted trees and a logistic regression as `Scorer` takes them."""
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    model = GradientBoostingClassifier(
        n_estimators=_TREES,
        max_depth=_DEPTH,
        learning_rate=_RATE,
        min_samples_leaf=_LEAST,
        subsample=0.8,
        max_features=_CHOICE,
        random_state=1,
    ).fit(features, same, sample_weight=weights)
    prior = model.init_.class_prior_
    scaled = StandardScaler().fit(features)
    line = LogisticRegression(C=_SOFT, max_iter=2_000).fit(
        scaled.transform(features), same, sample_weight=weights
    )
    slopes = line.coef_[0] / scaled.scale_
    trees = []
    for (fitted,) in model.estimators_:
        tree = fitted.tree_
        trees.append(
            {
                "feature": [int(each) if each >= 0 else -1 for each in tree.feature],
                "bound": [round(float(each), 5) for each in tree.threshold],
                "below": [int(each) for each in tree.children_left],
                "above": [int(each) for each in tree.children_right],
                "worth": [round(float(each[0][0]), 5) for each in tree.value],
            }
        )
    return {
        "start": round(math.log(prior[1] / prior[0]), 5),
        "rate": _RATE,
        "features": list(NAMES),
        "trees": trees,
        "constant": round(float(line.intercept_[0] - sum(slopes * scaled.mean_)), 5),
        "slopes": [round(float(each), 5) for each in slopes],
    }


def main() -> None:
    """Learn, and write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    counts = learn_counts(asked.folder)
    pairs = read_rows(asked.folder, "pairs-*.jsonl")
    read: dict[tuple[str, str], Headline] = {}

    def headline(row: dict[str, Any]) -> Headline:
        key = row["title"], row["lang"]
        if key not in read:
            read[key] = read_headline(*key)
        return read[key]

    def compare_pair(pair: dict[str, Any]) -> Any:
        a, b = headline(pair["a"]), headline(pair["b"])
        known = {"veto": find_veto(a, b, counts), "bound": find_bound(a, b)}
        return (
            compare(a, b, counts).features,
            int(pair["same"]),
            a.language != b.language,
            pair | known,
        )

    rows = [compare_pair(pair) for pair in pairs]
    invented = [
        compare_pair(pair | {"set": "invented"})
        for pair in read_rows(_INVENTED, "pairs.jsonl")
        if pair["half"] == "tuning"
    ]
    if asked.check:
        check(rows, invented)
        return
    learnt = {}
    for name, across in (("within", False), ("across", True)):
        mine = [row for row in rows + invented if row[2] == across]
        learnt[name] = fit([r[0] for r in mine], [r[1] for r in mine], [weigh(r[3]) for r in mine])
    (_HERE / "scorers.json").write_text(json.dumps(learnt, separators=(",", ":")), "utf-8")
    data = counts.to_data()
    kept = {key: int(n) for key, n in sorted(data["keys"].items()) if n >= _FEWEST}
    packed = json.dumps({"keys": kept, "headlines": data["headlines"]}, ensure_ascii=False)
    (_HERE / "counts.json.gz").write_bytes(gzip.compress(packed.encode(), mtime=0))
    print(
        f"{len(rows + invented)} pairs, {len(kept)} keys, {int(data['headlines'][EVERY])} headlines"
    )


def weigh(pair: dict[str, Any]) -> float:
    """Return how much a pair counts: the crowd's idea of one event is wider than ours."""
    if pair["set"].startswith("ru"):
        return 0.3
    # Invented ones are nearer misses than the news has; across languages there are few others.
    return 0.5 if pair["set"] == "invented" and pair["a"]["lang"] == pair["b"]["lang"] else 1.0


def check(rows: list[Any], invented: list[Any]) -> None:
    """Say how events are decided that were not learnt from, at the bounds and at others."""
    for across in (False, True):
        mine = [row for row in rows if row[2] == across]
        always = [row for row in invented if row[2] == across]
        scores: list[tuple[float, int, str, float]] = []
        for repeat in range(_REPEATS):
            random.Random(repeat).shuffle(mine)
            scores += _decide_unseen(mine, always)
        for kind in ("all", *sorted({each[2] for each in scores})):
            some = [each for each in scores if kind in ("all", each[2])]
            for bound in (None, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9):
                said = [each for each in some if each[0] >= (bound or each[3])]
                right = sum(each[1] for each in said)
                print(
                    f"{'across' if across else 'within'} {kind:6s} {bound or 'bounds'}: precision"
                    f" {right / max(1, len(said)):.3f} recall"
                    f" {right / max(1, sum(each[1] for each in some)):.3f}"
                    f" of {len(some) // _REPEATS}"
                )


def _decide_unseen(rows: list[Any], always: list[Any]) -> list[tuple[float, int, str, float]]:
    """Return of each pair its score by what was learnt without its event, and its bound.

    *always* is learnt from each time.
    """
    fold_of = _folds(rows)
    scores: list[tuple[float, int, str, float]] = []
    for fold in range(_FOLDS):
        kept = [row for row, at in zip(rows, fold_of, strict=True) if at != fold] + always
        scorer = Scorer(
            fit([r[0] for r in kept], [r[1] for r in kept], [weigh(r[3]) for r in kept])
        )
        scores += [
            (
                0.0 if row[3]["veto"] else scorer.score(row[0]),
                row[1],
                "-".join(sorted((row[3]["a"]["lang"], row[3]["b"]["lang"]))),
                row[3]["bound"],
            )
            for row, at in zip(rows, fold_of, strict=True)
            if at == fold
        ]
    return scores


def _folds(rows: list[Any]) -> list[int]:
    """Return a fold for each pair: no headline is in two, nor is a situation that we wrote."""
    parent: dict[str, str] = {}

    def root(title: str) -> str:
        while parent.setdefault(title, title) != title:
            title = parent[title]
        return title

    for row in rows:
        if row[3]["set"] != "own":
            parent[root(row[3]["a"]["title"])] = root(row[3]["b"]["title"])
    groups = [
        row[3]["kind"] if row[3]["set"] == "own" else root(row[3]["a"]["title"]) for row in rows
    ]
    sizes = Counter(groups)
    filled = [0] * _FOLDS
    fold_of: dict[str, int] = {}
    for group, size in sizes.most_common():
        fold_of[group] = min(range(_FOLDS), key=filled.__getitem__)
        filled[fold_of[group]] += size
    return [fold_of[group] for group in groups]


if __name__ == "__main__":
    main()
