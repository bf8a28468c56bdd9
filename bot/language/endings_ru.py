"""Russian endings of names that the dictionary does not have (Пезешкиана, Оверчуком)."""

from bot.language.tables import read_table

_SHORTEST_STEM = 2
_SHORTEST_FORM = 3


class RussianNameEndings:
    """The closed list of Russian noun endings, for words that pymorphy3 only guesses at."""

    def __init__(self) -> None:
        """Read the table that comes with this package."""
        self._becomes: dict[str, list[str]] = {}
        for becomes, endings, *_ in read_table("endings_ru.tsv"):
            end = "" if becomes == "_" else becomes
            for ending in endings.split():
                known = self._becomes.setdefault(ending, [])
                if end not in known:
                    known.append(end)
        self._longest = max(map(len, self._becomes))

    def citation_forms(self, folded: str) -> frozenset[str]:
        """Return every nominative that a folded word of a text may belong to."""
        found = {folded}
        for size in range(1, min(self._longest, len(folded) - _SHORTEST_STEM) + 1):
            stem, ending = folded[:-size], folded[-size:]
            for end in self._becomes.get(ending, ()):
                if len(stem) + len(end) >= _SHORTEST_FORM:
                    found.add(stem + end)
        return frozenset(found)
