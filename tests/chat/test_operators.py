"""What operators type: /status, /stats, /broadcast, and feeds by a part of their name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat import feeds as feeds_in_chat
from bot.chat.desk import FeedsDesk
from bot.chat.operators import OPERATORS_COMMANDS, register_menus
from bot.chat.terms import Terms
from bot.errors import FeedError
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.jobs.feedlist import FeedListJob
from bot.model import DeliveryState
from bot.sending.broadcasts import carry_broadcasts
from bot.storage.tables import budget, delivery, feed, subscriber
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels, until
from tests.samples import NOW, change_rows, open_chat, rows_of

_FEEDS = """\
publishers:
  Herald: {country: AM, kind: private}
feeds:
  - {name: Herald (Armenian), url: "http://127.0.0.1:1/a", publisher: Herald, language: hy, allow_private: true}
  - {name: Herald (Russian), url: "http://127.0.0.1:1/b", publisher: Herald, language: ru, allow_private: true}
  - {name: Border Times, url: "http://127.0.0.1:1/c", publisher: Herald, language: en, allow_private: true}
"""  # noqa: E501


@pytest.fixture
async def desk(idle: Sahman, tmp_path: Path) -> AsyncIterator[FeedsDesk]:
    """Ani is the operator."""
    path = tmp_path / "feeds.yaml"
    path.write_text(_FEEDS)
    desk = FeedsDesk({ANI}, path, FeedFetcher(), ParseWorker())
    object.__setattr__(idle.services, "desk", desk)
    object.__setattr__(idle.services, "started_at", NOW)
    await FeedListJob(idle.storage, path).load(NOW)
    idle.start()
    yield desk
    await desk.fetcher.close()
    desk.worker.close()


async def _carry(sahman: Sahman) -> None:
    services = sahman.services
    sahman.sender.wake()
    await asyncio.sleep(0.1)
    await carry_broadcasts(sahman.storage, services.messenger, services.texts, NOW)
    await sahman.silence()


@pytest.mark.parametrize("command", OPERATORS_COMMANDS)
async def test_nobody_else_is_told_that_there_is_such_a_command(
    idle: Sahman, desk: FeedsDesk, command: str
) -> None:
    told = (await idle.say(f"/{command} ru text", OLEG)).text
    assert told in (
        f"Команды /{command} нет. Список команд: /help",
        "Вы имели в виду /start ru text? Если да, нажмите.",
    )


async def test_only_operators_see_them_in_their_menu(idle: Sahman, desk: FeedsDesk) -> None:
    object.__setattr__(idle.services, "terms", Terms(admins={ARAM}))
    await idle.say("/start")
    await idle.say("/start", OLEG)
    await register_menus(idle.bot, idle.services.texts, [ANI, ARAM])
    await idle.say("/start", ARAM)
    await until(lambda: idle.api.commands(ARAM)[0]["command"] == "status")
    assert idle.api.commands(ARAM)[0]["description"].startswith("Օպերատոր")
    menu = [each["command"] for each in idle.api.commands(ANI)]
    assert menu[:5] == list(OPERATORS_COMMANDS)
    assert "add" in menu
    assert not set(OPERATORS_COMMANDS) & {each["command"] for each in idle.api.commands(OLEG)}


async def test_the_status_says_that_it_does_not_work_and_why(idle: Sahman, desk: FeedsDesk) -> None:
    await open_chat(idle.storage, OLEG, language="ru")
    told = (await idle.say("/status")).text
    assert told.startswith("🔴 Sahman does not work: no feed")
    assert "Feeds: 0 of 3 work" in told
    assert "Subscribers: 1 (0 in groups and channels), 0 paused, 0 gone" in told
    assert "running since" in told
    assert str(OLEG) not in told


async def test_the_stats_are_a_picture_of_two_days(idle: Sahman, desk: FeedsDesk) -> None:
    await idle.say("/start")
    await idle.news("Talks on the border", "Rain")
    answer = await idle.say("/stats")
    assert answer.media is not None
    assert "2 items taken in" in answer.text
    assert "1 subscriber" in answer.text


async def test_a_broadcast_is_shown_as_it_will_look_and_goes_to_all_on_send(
    idle: Sahman, desk: FeedsDesk
) -> None:
    await open_chat(idle.storage, OLEG, language="ru")
    await open_chat(idle.storage, ARAM, language="hy")
    for person in (OLEG, ARAM):
        await idle.say("/help", person)
    await idle.say("/start")
    await idle.say("/broadcast We <b>move</b>\ntomorrow", answers=2)
    preview, count = idle.api.messages(ANI)[-2:]
    assert preview.text.startswith("📣 A message from those who run this bot (no news)")
    assert preview.text.endswith("We <b>move</b>\ntomorrow")
    assert "It goes to 3 chats" in count.text
    assert all(each in count.text for each in ("Armenian 1", "English 1", "Russian 1"))
    assert rows_of(idle.storage, delivery) == [], "nothing goes out before the button"
    await idle.tap("Send")
    told = (await idle.api.wait_messages(OLEG, count=2, timeout=10))[-1].text
    assert told.startswith("📣 Сообщение от тех, кто ведёт этого бота (не новость)")
    assert told.endswith("We <b>move</b>\ntomorrow")
    assert "օպերատոր" in (await idle.api.wait_messages(ARAM, count=2, timeout=10))[-1].text
    await idle.api.wait_messages(ANI, count=4, timeout=10)
    await _carry(idle)
    (progress,) = [each for each in idle.api.messages(ANI) if "Sent to" in each.text]
    assert progress.text == "📣 Sent to 3 chats."
    assert labels(progress) == []


async def test_a_broadcast_goes_to_the_languages_that_are_named(
    idle: Sahman, desk: FeedsDesk
) -> None:
    await open_chat(idle.storage, OLEG, language="ru")
    await open_chat(idle.storage, ARAM, language="hy")
    await idle.say("/help", OLEG)
    await idle.say("/broadcast ru Завтра переезд", answers=2)
    preview, count = idle.api.messages(ANI)[-2:]
    assert preview.text.startswith("📣 Сообщение от тех")
    assert "1 chat (Russian 1)" in count.text
    await idle.tap("Send")
    await idle.api.wait_messages(OLEG, count=2, timeout=10)
    assert [row["chat_id"] for row in rows_of(idle.storage, delivery)] == [OLEG]
    assert "Nobody is written to" in (await idle.say("/broadcast en hello")).text


async def test_a_broadcast_that_is_cancelled_or_stopped_goes_no_further(
    idle: Sahman, desk: FeedsDesk
) -> None:
    await open_chat(idle.storage, OLEG, language="ru")
    await idle.say("/broadcast hello", answers=2)
    await idle.tap("Cancel")
    assert (await idle.silence())[-1] == "Nothing is sent."
    await idle.say("/broadcast hello", answers=2)
    change_rows(idle.storage, budget, paused_at=0, paused_until=2**52)
    await idle.storage.bots.claim(1)
    change_rows(idle.storage, budget, paused_at=0, paused_until=2**52)
    await idle.tap("Send")
    assert (await idle.silence())[-1] == "📣 On its way: 0 of 1 have it."
    await idle.tap("Stop sending")
    assert (await idle.silence())[-1] == "📣 Stopped. 0 chats have it already."
    (row,) = rows_of(idle.storage, delivery)
    assert row["state"] == DeliveryState.CANCELLED
    assert idle.api.messages(OLEG) == []


async def test_who_paused_hears_of_it_without_a_sound(idle: Sahman, desk: FeedsDesk) -> None:
    await open_chat(idle.storage, OLEG, language="ru")
    await idle.say("/help", OLEG)
    change_rows(idle.storage, subscriber, paused=True)
    await idle.say("/broadcast hello", answers=2)
    await idle.tap("Send")
    assert (await idle.api.wait_messages(OLEG, count=2, timeout=10))[-1].silent


async def test_only_the_operator_who_wrote_it_sends_it(idle: Sahman, desk: FeedsDesk) -> None:
    await idle.say("/start", OLEG)
    await idle.say("/start")
    await idle.say("/broadcast hello", answers=2)
    data = idle.api.messages(ANI)[-1].buttons[0]["callback_data"]
    idle.api.messages(OLEG)[-1].reply_markup = {
        "inline_keyboard": [[{"text": "x", "callback_data": data}]]
    }
    assert "админ" in await idle.tap("x", OLEG)
    assert rows_of(idle.storage, delivery) == []


async def test_a_feed_is_found_by_a_part_of_its_name(idle: Sahman, desk: FeedsDesk) -> None:
    assert "Border Times" in (await idle.say("/feeds times")).text
    told = (await idle.say("/feeds disable herald")).text
    assert told == (
        "Did you mean one of these?\n/feeds disable Herald (Armenian)\n"
        "/feeds disable Herald (Russian)"
    )
    assert "/feeds Border Times" in (await idle.say("/feeds bordr tims")).text


async def test_a_switched_feed_is_seen_at_once(idle: Sahman, desk: FeedsDesk) -> None:
    assert "Border Times is off" in (await idle.say("/feeds disable times")).text
    assert "Border Times" not in (await idle.say("/feeds")).text
    assert "Border Times is on" in (await idle.say("/feeds enable times")).text
    assert "Border Times" in (await idle.say("/feeds")).text


async def test_a_slow_test_says_that_it_runs_and_a_failed_one_why_in_their_language(
    idle: Sahman, desk: FeedsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: object, **__: object) -> None:
        await asyncio.sleep(0.2)
        raise FeedError("HTTP 503")

    monkeypatch.setattr(feeds_in_chat, "_SAYS_SO_AFTER_S", 0.05)
    monkeypatch.setattr(feeds_in_chat, "find_feed", slow)
    await idle.say("/language ru")
    await idle.say("/feeds test times", answers=2)
    waiting, failed = [each.text for each in idle.api.messages(ANI)[-2:]]
    assert waiting == "Спрашиваю Border Times; это может занять минуту."
    assert "сервер отказал, код 503 (HTTP 503)" in failed


async def test_why_a_feed_fails_is_said_in_the_operators_language(
    idle: Sahman, desk: FeedsDesk
) -> None:
    change_rows(idle.storage, feed, failures=3, error="HTTP 503", polled_at=NOW)
    await idle.say("/language ru")
    assert "3 × сервер отказал, код 503 (HTTP 503)" in (await idle.say("/feeds times")).text


async def test_what_is_typed_for_another_bot_of_a_group_is_left_alone(
    idle: Sahman, desk: FeedsDesk
) -> None:
    idle.api.add_group(-100505, "Neighbours", admins=[OLEG], new=False)
    idle.api.send_text(-100505, "/status", user_id=OLEG)
    assert await idle.silence(-100505) == []
