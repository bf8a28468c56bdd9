"""The buttons under an alert: mute what it came by, say that it is not it, ask why."""

from __future__ import annotations

from bot.model import Button, Keyboard
from bot.texts import Texts


def render_buttons(texts: Texts) -> Keyboard:
    """Return the buttons under an alert.

    None opens the page: the headline does, and a button with an address that Telegram does not
    like would cost the whole message (BUTTON_URL_INVALID).
    """
    labels = {"mute": texts.say("Mute…"), "not": texts.say("Not this"), "why": texts.say("Why?")}
    return [[Button(str(label), f"alert:{verb}") for verb, label in labels.items()]]
