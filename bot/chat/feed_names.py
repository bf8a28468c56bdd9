"""Which feed an operator means by a name, a part of it, or a name with a slip."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

_NEAR = 0.7
_MOST = 8


@dataclass(frozen=True, slots=True)
class NamedFeed:
    """The one feed that is meant, or those that may be."""

    name: str = ""
    perhaps: tuple[str, ...] = ()


def find_named(asked: str, names: Sequence[str]) -> NamedFeed:
    """Return the feed of this name, else the only one whose name holds it, else what is near."""
    wanted = " ".join(asked.casefold().split())
    known = {" ".join(name.casefold().split()): name for name in names}
    if wanted in known:
        return NamedFeed(known[wanted])
    holding = [name for folded, name in known.items() if wanted and wanted in folded]
    if len(holding) == 1:
        return NamedFeed(holding[0])
    if holding:
        return NamedFeed(perhaps=tuple(holding[:_MOST]))
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=_NEAR)
    return NamedFeed(perhaps=tuple(known[each] for each in near))
