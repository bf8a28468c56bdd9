"""English noun endings: from a form in a text to the citation forms it may belong to."""

from bot.language.tables import read_table

_TAKES_ES = ("s", "x", "z", "ch", "sh", "o")


class EnglishEndings:
    """Plurals and possessives; not -ed and -ing, which cost more precision than they find."""

    def __init__(self) -> None:
        """Read the irregular plurals."""
        self._irregular = {
            form: citation
            for citation, forms in read_table("irregular_en.tsv")
            for form in forms.split()
        }

    def citation_forms(self, folded: str) -> frozenset[str]:
        """Return every citation form that a folded word of a text may belong to."""
        found = {folded}
        if folded.endswith("'s"):
            folded = folded[:-2]
            found.add(folded)
        if folded in self._irregular:
            found.add(self._irregular[folded])
        length = len(folded)
        if folded.endswith("men") and length > 5:
            found.add(folded[:-3] + "man")
        if length > 3 and folded[-1] == "s" and folded[-2] != "s":
            found.add(folded[:-1])
            if folded.endswith("ies") and length > 4:
                found.add(folded[:-3] + "y")
            elif folded.endswith("es") and folded[:-2].endswith(_TAKES_ES):
                found.add(folded[:-2])
                if folded.endswith("ses") and length > 5:
                    found.add(folded[:-2] + "is")
        return frozenset(found)
