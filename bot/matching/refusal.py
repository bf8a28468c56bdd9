"""Why a typed keyword cannot be watched for; the sentence about it is written elsewhere."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """What is wrong with a typed keyword."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY_WORDS = "too_many_words"
    NO_WORDS = "no_words"
    FUNCTION_WORD = "function_word"
    ONE_LETTER = "one_letter"
    UNCLOSED_QUOTE = "unclosed_quote"
    UNCLOSED_PARENTHESIS = "unclosed_parenthesis"
    UNOPENED_PARENTHESIS = "unopened_parenthesis"
    MISSING_OPERAND = "missing_operand"
    ONLY_EXCLUDED = "only_excluded"
    ONLY_FILTERS = "only_filters"
    UNKNOWN_LANGUAGE = "unknown_language"
    EMPTY_SOURCE = "empty_source"
    LINK = "link"
    MENTION = "mention"
    UNREAD_SCRIPT = "unread_script"


class KeywordRefused(Exception):
    """A typed keyword that cannot be watched for: why, and where in it."""

    def __init__(self, reason: RefusalReason, *, position: int = 0, word: str = "") -> None:
        """Keep the reason, and the *word* at *position* (in characters) that it is about."""
        super().__init__(reason, position, word)
        self.reason = reason
        self.position = position
        self.word = word

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way between processes, which rebuilds exceptions from their arguments."""
        return (_rebuild, (self.reason, self.position, self.word))


def _rebuild(reason: RefusalReason, position: int, word: str) -> KeywordRefused:
    return KeywordRefused(reason, position=position, word=word)
