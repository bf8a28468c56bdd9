"""What stories are decided by, as data: scorers, how often keys stand in the news, impostors."""

import functools
import gzip
import json
from importlib import resources
from typing import Any

from bot.stories.counts import Counts
from bot.stories.lookalikes import Impostors, read_impostors
from bot.stories.scorer import Scorer

_HERE = resources.files(__package__ or "bot.stories")


@functools.cache
def load_scorers() -> tuple[Scorer, Scorer]:
    """Return the scorer of two headlines of one language, and that of two languages."""
    learnt = json.loads(_HERE.joinpath("scorers.json").read_text(encoding="utf-8"))
    return Scorer(learnt["within"]), Scorer(learnt["across"])


@functools.cache
def load_impostors() -> Impostors:
    """Return whose addresses are imitated, and by which."""
    table = _HERE.joinpath("lookalikes.tsv").read_text(encoding="utf-8")
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return read_impostors(tuple(line.split("\t")) for line in lines)


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
