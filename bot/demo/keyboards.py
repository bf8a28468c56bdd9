"""Inline keyboards: what Telegram accepts under a message."""

from __future__ import annotations

from typing import Any

from bot.demo.markup import checked_link
from bot.demo.refusal import bad_request

MAX_CALLBACK_BYTES = 64
MAX_BUTTONS = 100
MAX_IN_ROW = 8

_ACTIONS = frozenset(
    [
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    ]
)


def check_inline_keyboard(markup: Any, faults: list[str]) -> dict[str, Any] | None:
    """Return *markup* as Telegram keeps it under a message, or raise its refusal.

    Reply keyboards are no part of the message, so for them and for an empty keyboard the
    answer is None.
    """
    if not markup or "inline_keyboard" not in markup:
        return None
    rows = []
    for row in markup["inline_keyboard"]:
        # Telegram drops a button without text, and with it perhaps what we meant to offer.
        kept = [_check_button(button) for button in row if button["text"].strip()]
        if len(kept) < len(row):
            faults.append("inline keyboard: a button without text is dropped")
        if len(kept) > MAX_IN_ROW:
            faults.append(f"inline keyboard: {len(kept)} buttons in one row")
        if kept:
            rows.append(kept)
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": rows} if rows else None


def _check_button(button: dict[str, Any]) -> dict[str, Any]:
    actions = _ACTIONS & button.keys()
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if "callback_data" in button:
        size = len(button["callback_data"].encode())
        if not 1 <= size <= MAX_CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        url = checked_link(button["url"])
        if url is None:
            raise bad_request(
                f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL"
            )
        return {**button, "url": url}
    return button
