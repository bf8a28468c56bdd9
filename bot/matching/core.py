"""The core of a question or a headline that was typed as a keyword: its names and concepts."""

from bot.language import Language, clean, load, words
from bot.matching import grammar
from bot.matching.compile import parse_keyword
from bot.matching.query import All

# From so many words in a row on it may be a sentence; so many hardly ever stand in one item;
# and so few tell what it is about.
_SENTENCE, _TOO_MANY, _CORE = 4, 5, 3


def find_core(typed: str) -> tuple[int, str]:
    """Return how many words would all have to occur in one item, and the few that tell most.

    "" where nothing is too much, or no word tells anything. Raises KeywordRefused.
    """
    tree = grammar.parse(typed)
    # A sentence may have commas, which elsewhere mean "or".
    parts = tree.parts if isinstance(tree, grammar.Either) else (tree,)
    runs = [part for part in parts if isinstance(part, grammar.Run)]
    if len(runs) < len(parts) or max(len(run.chunks) for run in runs) < _SENTENCE:
        return 0, ""
    sentence = " ".join(text for run in runs for text, _ in run.chunks)
    root = parse_keyword(sentence).root
    if not isinstance(root, All) or len(root.parts) < _TOO_MANY:
        return 0, ""
    language = load()
    telling = (w.written for w in words(clean(sentence)) if _tells(w.written, language))
    return len(root.parts), " ".join(list(dict.fromkeys(telling))[:_CORE])


def _tells(written: str, language: Language) -> bool:
    if language.is_function_word(written):
        return False
    asked = language.ask_word(written)
    return bool(asked.concepts or (asked.sounds and written[0].isupper() and not asked.ordinary))
