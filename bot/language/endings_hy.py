"""Armenian endings: from a form in a text to the citation forms it may belong to.

The tables are data (endings_hy.tsv, irregular_hy.tsv), explained in docs/languages.md.
"""

import re

from bot.language.tables import read_table

_ARTICLES = ("", "ը", "ն", "ս", "դ")
# "սիրտ" loses its vowel in "սրտի", "ջուր" in "ջրի": both sides then meet in "~սրտ", "~ջր".
REDUCED = "~"
_REDUCIBLE = re.compile("^(.*?)(ի|ու)([^աեէըիոօու]{1,3})$")
_SHORTEST_STEM = 2
_SHORTEST_FORM = 3
# Classical spelling, still used in the diaspora, as reformed spelling writes it.
_CLASSICAL = (("ութիւն", "ություն"), ("ութեա", "ությա"), ("իւ", "յու"), ("եա", "յա"))


# Forms of regular verbs in the news: what stands behind the stem, and behind it with կ-. What
# denies (չձերբակալվեց) is no form here, nor who does it (հարձակվող).
_ACTIVE: tuple[str, ...] = ("ել", "եց", "եցին", "ում", "ած")
_PASSIVE = ("վել", "վեց", "վեցին", "վում", "ված")
_CAUSATIVE = ("նել", "րել", "րեց", "րին", "նում", "րած")
_FUTURE: tuple[str, ...] = ("ի", "են")
_PASSIVE_FUTURE = ("վի", "վեն")


def verb_forms(infinitive: str) -> list[str]:
    """Return the forms of an Armenian verb in -ել, -վել or -ցնել, active and passive."""
    stem, active, future = infinitive.removesuffix("ել"), _ACTIVE, _FUTURE
    if infinitive.endswith("ցնել"):
        stem, active, future = infinitive.removesuffix("նել"), _CAUSATIVE, ("նի", "նեն")
    elif infinitive.endswith("վել"):
        stem, active, future = infinitive.removesuffix("վել"), (), ()
    forms = [stem + ending for ending in (*active, *_PASSIVE, *_PASSIVE_FUTURE)]
    return forms + ["կ" + stem + ending for ending in (*future, *_PASSIVE_FUTURE)]


class ArmenianEndings:
    """The closed list of Armenian noun endings, ready to be taken off."""

    def __init__(self) -> None:
        """Read the tables that come with this package."""
        rows = read_table("endings_hy.tsv")
        self._becomes: dict[str, list[str]] = {}
        self._after_reduced: set[str] = set()
        # Everything a plural may bear: articles, and the endings of the first case row.
        cases = [*_ARTICLES, *rows[1][0].split()]
        for endings, tails, becomes, reduced, *_ in rows:
            following = {"-": [""], "art": list(_ARTICLES), "case": cases}[tails]
            stems = ["" if stem == "_" else stem for stem in becomes.split()]
            for ending in (e + tail for e in endings.split() for tail in following):
                known = self._becomes.setdefault(ending, [])
                known.extend(stem for stem in stems if stem not in known)
                if reduced == "yes":
                    self._after_reduced.add(ending)
        self._longest = max(map(len, self._becomes))
        self._irregular: dict[str, str] = {}
        for citation, forms in read_table("irregular_hy.tsv"):
            self._irregular.update(dict.fromkeys(forms.split(), citation))

    def citation_forms(self, folded: str) -> frozenset[str]:
        """Return every citation form that a folded word of a text may belong to."""
        found = self._without_endings(folded)
        if "իւ" in folded or "եա" in folded:
            found |= self._without_endings(_reformed(folded))
        return frozenset(found)

    def _without_endings(self, folded: str) -> set[str]:
        found = {folded}
        if folded in self._irregular:
            found.add(self._irregular[folded])
        length = len(folded)
        for size in range(1, min(self._longest, length - _SHORTEST_STEM) + 1):
            stem, ending = folded[:-size], folded[-size:]
            for end in self._becomes.get(ending, ()):
                if len(stem) + len(end) >= _SHORTEST_FORM:
                    found.add(stem + end)
            if ending in self._after_reduced:
                found.add(REDUCED + stem)
        return found

    def asked_forms(self, citation: str) -> frozenset[str]:
        """Return the keys under which the forms of one citation form are found."""
        asked = {citation}
        if "իւ" in citation or "եա" in citation:
            citation = _reformed(citation)
            asked.add(citation)
        reduced = _reduced(citation)
        if reduced is not None:
            asked.add(REDUCED + reduced)
        return frozenset(asked)


def _reformed(folded: str) -> str:
    for classical, reformed in _CLASSICAL:
        folded = folded.replace(classical, reformed)
    return folded


def _reduced(citation: str) -> str | None:
    """Return the stem of a word whose last vowel falls before endings, or None."""
    match = _REDUCIBLE.match(citation)
    if match is None:
        return None
    before, _, after = match.groups()
    if not before or len(before + after) < _SHORTEST_STEM:
        return None
    return before + after
