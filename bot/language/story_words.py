"""Words that events are told with, alike in three languages: what stories are compared by.

Keywords never ask for them: "meet" would find half of the news.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping

from bot.language.endings_hy import verb_forms
from bot.language.fold import fold
from bot.language.tables import read_table

#: The first character of a story word's key; the number of its row follows.
STORY_WORD = "$"
_SHORTEST_VERB = 4
# Of a verb in -անալ or -ենալ what stands behind its stem in -ա or -ե, and behind it with կ-:
# մահանալ, մահացավ, կմահանա. Then the same of any other in -ալ: կարդալ, կարդաց.
_INCHOATIVE, _INCHOATIVE_FUTURE = ("ցավ", "ցան", "ցել", "ցած", "նում"), ("նա", "նան")
_IN_AL, _IN_AL_FUTURE = ("աց", "ացին", "ացել", "ացած", "ում"), ("ա", "ան")


def read_story_words(
    keys_of_word: Callable[[str], frozenset[str]],
) -> dict[str, tuple[str, ...]]:
    """Return the story words that a key of a text's word stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for number, row in enumerate(read_table("story_words.tsv")):
        words = [word for cell in row for word in cell.split()]
        keys = {key for word in words for key in keys_of_word(word)}
        keys.update(form for word in words for form in forms_of_verb(fold(word)))
        for key in keys:
            found[key] = (*found.get(key, ()), f"{STORY_WORD}{number}")
    return found


def forms_of_verb(folded: str) -> list[str]:
    """Return the forms that the news has of an Armenian verb: its nouns' endings lead to none."""
    if len(folded) < _SHORTEST_VERB:
        return []
    if folded.endswith("ել"):
        return verb_forms(folded)
    if folded.endswith(("անալ", "ենալ")):
        stem, past, future = folded.removesuffix("նալ"), _INCHOATIVE, _INCHOATIVE_FUTURE
    elif folded.endswith("ալ"):
        stem, past, future = folded.removesuffix("ալ"), _IN_AL, _IN_AL_FUTURE
    else:
        return []
    return [stem + ending for ending in past] + ["կ" + stem + ending for ending in future]


def read_opposites(story_words: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Return which story words leave each one out: what opens does not close."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in read_table("story_words_opposite.tsv"):
        for word in row:
            for key in story_words[word]:
                found[key].update(k for other in row if other != word for k in story_words[other])
    return {key: frozenset(others - {key}) for key, others in found.items()}
