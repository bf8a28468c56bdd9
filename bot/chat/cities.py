"""Cities and countries by their names in three scripts, each with its zone.

`cities.tsv` is made by docs/make_cities.py; `places.tsv` is written by hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources

#: The zone of a country that has several and none that is plainly meant.
SEVERAL = "-"
# Letters that no accent makes, and what people without them on their keyboard write.
_PLAIN = str.maketrans("əıłøđð", "eilodd", "'’ʻʼ՚`")


def fold_place(name: str) -> str:
    """Return the one form in which names of places are compared: no accents, case or hyphens."""
    marked = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in marked if unicodedata.category(letter) not in ("Mn", "Cf"))
    # casefold() makes եւ of the small ligature and եվ of the capitals that people write for it.
    plain = plain.replace("եւ", "եվ").translate(_PLAIN)
    return re.sub(r"[^\w/+]+|_", " ", plain).strip()


def find_city(name: str) -> str | None:
    """Return the zone of a folded name in cities.tsv, `SEVERAL`, or None if it is not there."""
    table = _load_table()
    # Searched as it lies on the disk: a dict of its names would take ten times the memory, for a
    # command that a person sends once.
    at = table.find(f"|{name}|".encode())
    if at < 0:
        return None
    line = table.rfind(b"\n", 0, at) + 1
    return table[line : table.index(b"\t", line)].decode()


def read_places() -> Iterator[tuple[str, str]]:
    """Yield the names of places.tsv, each with its zone."""
    text = resources.files(__package__).joinpath("places.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            zone, names = line.split("\t")
            for name in names.split(", "):
                yield name, zone


@cache
def _load_table() -> bytes:
    return resources.files(__package__).joinpath("cities.tsv").read_bytes()
