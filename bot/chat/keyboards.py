"""Inline keyboards; what a button carries is at most 64 bytes: `what:words`."""

from __future__ import annotations

from collections.abc import Iterable

from bot.delivery.split import cut
from bot.model import Button, Keyboard
from bot.texts import LANGUAGES, OWN_NAMES, Texts

_LABEL_UNITS = 40
#: Of Telegram's 64, what is left by the topic or channel that a button is signed with.
_DATA_BYTES = 46


def button(label: str, data: str) -> Button:
    """Return a button; its label is plain text, cut to what fits a phone."""
    return Button(cut(str(label), _LABEL_UNITS), data)


def do_button(label: str, command: str, words: str = "") -> Button:
    """Return a button that does a command as if it were typed, with a few words."""
    return button(label, f"do:{command}:={words}" if words else f"do:{command}:")


def fits(made: Button) -> bool:
    """Say whether what a button carries leaves room for its topic or channel."""
    return len(made.data.encode()) <= _DATA_BYTES


def is_number(words: str) -> bool:
    """Say whether a button carries a number of ours: anybody can make a client send another."""
    return words.isdecimal() and len(words) <= 18  # the database's integers have 64 bits


def rows(buttons: Iterable[Button], width: int = 1) -> list[list[Button]]:
    """Lay buttons out in rows of *width*."""
    flat = list(buttons)
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def language_buttons(chosen: str, what: str = "language") -> list[Button]:
    """Return a button for each language, in its own name, the chosen one ticked."""
    return [
        button(
            f"✓ {OWN_NAMES[language]}" if language == chosen else OWN_NAMES[language],
            f"{what}:{language}",
        )
        for language in LANGUAGES
    ]


def stop_keyboard(texts: Texts) -> Keyboard:
    """Return the two answers to "erase everything?"."""
    return [
        [button(texts.say("Erase everything"), "stop:yes")],
        [button(texts.say("Keep it"), "stop:no")],
    ]
