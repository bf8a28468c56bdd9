"""Which entries are read of a feed that lists more than anybody should."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.feeds.dates import read_date

_DATE = re.compile(
    r"<(?:\w+:)?(?:pubDate|published|updated|date|issued|created|modified)\b[^>]*>"
    r"\s*(?:<!\[CDATA\[)?\s*([^<\]]{1,100})",
    re.IGNORECASE,
)
_UNDATED = datetime.min.replace(tzinfo=UTC)


def find_written_date(entry: str) -> str:
    """Return the first date that stands in an entry's own text, as it is written, or nothing."""
    found = _DATE.search(entry)
    return found[1].strip() if found else ""


def choose_newest(dates: Sequence[str], zone: ZoneInfo, most: int) -> list[int]:
    """Return the places of the newest entries by their written *dates*, in the document's order.

    Feeds begin with the newest or end with it: of those whose dates say nothing, the ones nearest
    to either end.
    """
    last = len(dates) - 1
    read = [read_date(written, zone) if written else None for written in dates]
    ranked = sorted(
        range(len(dates)),
        key=lambda place: (read[place].at if read[place] else _UNDATED, -min(place, last - place)),  # type: ignore[union-attr]
        reverse=True,
    )
    return sorted(ranked[:most])
