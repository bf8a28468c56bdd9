"""IN: one fetched feed becomes items, stories, matches and fan-out, in one transaction."""

from __future__ import annotations

from bot.intake.intake import Intake
from bot.intake.keywords import (
    KeywordBook,
    compile_keyword,
    find_words,
    matched_text,
    to_stored,
)
from bot.intake.reading import STALE_AFTER

__all__ = [
    "STALE_AFTER",
    "Intake",
    "KeywordBook",
    "compile_keyword",
    "find_words",
    "matched_text",
    "to_stored",
]
