"""Telegram's markup of our buttons."""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.model import Keyboard


def make_markup(keyboard: Keyboard) -> InlineKeyboardMarkup:
    """Return buttons as Telegram takes them."""
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.label, callback_data=button.data) for button in row]
            for row in keyboard
        ]
    )
