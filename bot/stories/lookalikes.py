"""Addresses that only look like those of known publishers: who prints there is somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from bot.language.fold import fold

#: Under these, names are given out one level further down.
_SECOND_LEVELS = frozenset({"co", "com", "net", "org", "gov", "edu", "ac"})
#: Shorter names are like too many others.
_SHORTEST_ALIKE, _SHORTEST_ELSEWHERE, _SHORTEST_TWICE = 6, 5, 9


@dataclass(frozen=True, slots=True)
class Impostors:
    """Whose addresses are known, and which are known to have posed as theirs."""

    genuine: Mapping[str, str]  #: the publisher by its registered address
    posing: Mapping[str, str]  #: whom it poses as, by its registered address


def read_impostors(rows: Iterable[tuple[str, ...]]) -> Impostors:
    """Return what rows of a name, its addresses and its impostors' say."""
    genuine: dict[str, str] = {}
    posing: dict[str, str] = {}
    for name, own, *others in rows:
        genuine.update(dict.fromkeys(own.split(), name))
        posing.update(dict.fromkeys(" ".join(others).split(), name))
    return Impostors(genuine, posing)


def find_imitated(host: str, known: Mapping[str, str], impostors: Impostors) -> str:
    """Return whose address *host* imitates, or "".

    *known* are the operator's publishers by the hosts of their feeds. An address of theirs, and
    any below it, imitates nobody.
    """
    host = _read(host)
    genuine = {**impostors.genuine, **{_registered(_read(each)): by for each, by in known.items()}}
    registered = _registered(host)
    if not host or registered in genuine:
        return ""
    for address, publisher in impostors.posing.items():
        if host == address or host.endswith(f".{address}"):
            return publisher
    for address, publisher in genuine.items():
        if _imitates(host, registered, address):
            return publisher
    return ""


def _imitates(host: str, registered: str, address: str) -> bool:
    if host.startswith(f"{address}.") or f".{address}." in host:
        return True  # azatutyun.am.example.com
    mine, its = registered.partition(".")[0], address.partition(".")[0]
    if mine.replace("-", "") in (
        address.replace(".", ""),
        address.replace(".", "").replace("-", ""),
    ):
        return True  # news-am.com
    if fold(mine) == fold(its) and mine != its:
        return True  # letters of another script
    if mine == its:
        return len(its) >= _SHORTEST_ELSEWHERE  # armenpress.example
    if len(its) < _SHORTEST_ALIKE or mine[:1] != its[:1]:
        return False
    allowed = 2 if len(its) >= _SHORTEST_TWICE else 1
    return OSA.distance(mine, its, score_cutoff=allowed) <= allowed


def _read(host: str) -> str:
    host = host.lower().rstrip(".").removeprefix("www.")
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _registered(host: str) -> str:
    """Return the part of a host that somebody has registered: the last two labels, or three."""
    labels = host.split(".")
    three = len(labels) > 2 and labels[-2] in _SECOND_LEVELS and len(labels[-1]) == 2
    return ".".join(labels[-3:] if three else labels[-2:])
