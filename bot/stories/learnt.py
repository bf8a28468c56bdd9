"""What was learnt from labelled headlines: the scorers, and how often a key stands in the news."""

import functools
import gzip
import json
from importlib import resources
from typing import Any

from bot.stories.counts import Counts
from bot.stories.scorer import Scorer

_HERE = resources.files(__package__ or "bot.stories")


@functools.cache
def load_scorers() -> tuple[Scorer, Scorer]:
    """Return the scorer of two headlines of one language, and that of two languages."""
    learnt = json.loads(_HERE.joinpath("scorers.json").read_text(encoding="utf-8"))
    return Scorer(learnt["within"]), Scorer(learnt["across"])


def load_counts() -> Counts:
    """Return the counts that a first day begins with; each call returns its own."""
    return unpack_counts(_HERE.joinpath("counts.json.gz").read_bytes())


def pack_counts(counts: Counts) -> bytes:
    """Return counts as they are kept."""
    return gzip.compress(json.dumps(counts.to_data()).encode(), mtime=0)


def unpack_counts(packed: bytes) -> Counts:
    """Return the counts that `pack_counts` packed."""
    counted: dict[str, Any] = json.loads(gzip.decompress(packed))
    return Counts(counted["keys"], counted["headlines"])
