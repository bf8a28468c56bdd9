"""How Telegram was last reached: what the operator's page and /readyz go by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from telegram.error import TelegramError

from bot.demo import BotApi
from bot.model import Telegram
from bot.telegram_api.connection import close_bot, how_reached, make_bot
from tests.loopback import TOKEN
from tests.samples import NOW

_SOON = timedelta(minutes=1)


async def test_answers_and_failures_are_told_apart() -> None:
    api = BotApi(TOKEN)
    await api.start()
    bot = make_bot(TOKEN, api.url)
    assert how_reached(bot, NOW) == Telegram()
    await bot.get_me()
    answered = how_reached(bot, NOW)
    assert answered.failing_since is None
    assert answered.answered_at is not None
    assert NOW - answered.answered_at < _SOON
    api.refuse("getMe", 502, "Bad Gateway")
    with pytest.raises(TelegramError):
        await bot.get_me()
    failing = how_reached(bot, NOW)
    assert failing.failing_since is not None, "a gateway's answer is not Telegram's"
    api.refuse("getMe", 400, "Bad Request: odd")
    with pytest.raises(TelegramError):
        await bot.get_me()
    assert how_reached(bot, NOW).failing_since is None, "a refusal is an answer"
    await api.stop()
    for _ in range(2):
        with pytest.raises(TelegramError):
            await bot.get_updates()
    since = how_reached(bot, NOW).failing_since
    assert since is not None
    assert NOW - since < _SOON
    await close_bot(bot)
    await bot._request[0].shutdown()


async def test_the_clock_is_compared_with_that_of_the_last_answer() -> None:
    api = BotApi(TOKEN)
    await api.start()
    bot = make_bot(TOKEN, api.url)
    assert how_reached(bot, datetime.now(UTC)).ahead_s is None
    await bot.get_me()
    right, fast = datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)
    assert abs(how_reached(bot, right).ahead_s or 99) < 10
    assert 3590 < (how_reached(bot, fast).ahead_s or 0) < 3610
    bot.request.reach.note_date("no date at all")  # type: ignore[attr-defined]
    assert how_reached(bot, right).ahead_s is None
    await api.stop()
    await close_bot(bot)
    await bot._request[0].shutdown()
