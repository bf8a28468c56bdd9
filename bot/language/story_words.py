"""Words that events are told with, alike in three languages: what stories are compared by.

Keywords never ask for them: "meet" would find half of the news.
"""

from collections.abc import Callable

from bot.language.tables import read_table

#: The first character of a story word's key; the number of its row follows.
STORY_WORD = "$"


def read_story_words(
    keys_of_word: Callable[[str], frozenset[str]],
) -> dict[str, tuple[str, ...]]:
    """Return the story words that a key of a text's word stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for number, row in enumerate(read_table("story_words.tsv")):
        for key in {key for cell in row for word in cell.split() for key in keys_of_word(word)}:
            found[key] = (*found.get(key, ()), f"{STORY_WORD}{number}")
    return found
