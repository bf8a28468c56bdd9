"""Whatever is tapped, in whatever order and on however many devices, what is kept stays valid."""

from __future__ import annotations

import random

import pytest

from bot.demo.chats import Message
from tests.loopback import ANI, Sahman, check_settings

#: Where people begin, and what leads from there by buttons.
_BEGINNINGS = ("/start", "/settings", "/keywords", "/digest", "/alerts", "/quiet", "/latest border",
               "/timezone", "/language", "/add Goris", "/pause 1h", "/share", "/stop")  # fmt: skip
_TAPS = 60


def buttons(messages: list[Message]) -> list[tuple[int, str]]:
    """Return what can be tapped anywhere, old messages included: the message and the button."""
    return [
        (message.message_id, button["callback_data"])
        for message in messages
        for button in message.buttons
        if "callback_data" in button
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_any_taps_on_old_and_new_messages_leave_what_is_kept_valid(
    sahman: Sahman, seed: int
) -> None:
    chance = random.Random(seed)
    await sahman.news("Harvest near the border", "Fire in Goris")
    for command in _BEGINNINGS:
        await sahman.say(command)
        sahman.services.floods._buckets.clear()
    seen = {button for _, button in buttons(sahman.api.messages(ANI))}
    for _ in range(_TAPS):
        message_id, button = chance.choice(buttons(sahman.api.messages(ANI)))
        sahman.services.floods._buckets.clear()
        taps = [sahman.api.tap(ANI, message_id, button)]
        if chance.random() < 0.2:  # a double press
            taps.append(sahman.api.tap(ANI, message_id, button))
        for each in taps:
            await each.wait(20)
        said = await sahman.silence()
        assert not any("went wrong" in text for text in said)
        seen |= {each for _, each in buttons(sahman.api.messages(ANI))}
        reader = await sahman.storage.subscribers.load(ANI, 0)
        if reader is not None:  # "Erase everything" is among the buttons
            check_settings(reader)
            keywords = await sahman.storage.keywords.load(reader.id)
            assert len({each.typed for each in keywords}) == len(keywords) <= 50
    assert all(len(each.encode()) <= 64 for each in seen)
    assert len(seen) > 60
