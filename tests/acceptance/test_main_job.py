"""The main job, by the real process over HTTP: from a feed's item to a message in Telegram."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.demo import BotApi
from tests.acceptance.conftest import World
from tests.acceptance.process import TOKEN, running, start

# The story of the seed article, in our own words, as three newsrooms might print it.
STORY = {
    "english": (
        "Pashinyan phones Putin first over fighting on the border",
        "The Armenian prime minister then spoke to Macron and to Charles Michel.",
    ),
    "russian": (
        "Первый звонок из-за обстановки на границе Пашинян сделал Путину",
        "Затем премьер говорил с Макроном и Мишелем.",
    ),
    "armenian": (
        "Սահմանային իրավիճակի շուրջ Փաշինյանն առաջինը զանգահարել է Պուտինին",
        "Ապա վարչապետը խոսել է Մակրոնի և Միշելի հետ սահմանի մասին։",
    ),
}


async def test_a_story_in_three_languages_reaches_who_asked_as_one_message(
    world: World, tmp_path: Path
) -> None:
    old = datetime.now(UTC) - timedelta(hours=3)
    for feed, (title, _) in STORY.items():
        await world.print_item(feed, f"{title}: archive", published=old.isoformat())
    ani, oleg = world.person(101), world.person(202)
    await ani.arrive("Ani", "hy")
    await oleg.arrive("Олег", "ru-RU")
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("feed=armenian")
        assert "«Սահման»" in await ani.write("/start")
        await ani.tap("+ սահման")
        await ani.wait_for("Դուք հետևում եք՝ սահման")
        assert "Sahman" in await oleg.write("/start")
        assert "Pashinyan" in await oleg.write("/add Pashinyan")
        before = {who: len(await who.read()) for who in (ani, oleg)}
        for feed, (title, summary) in STORY.items():
            await world.print_item(feed, title, summary)
        for who in (ani, oleg):
            (alert, *more) = (await who.wait(before[who] + 1))[before[who] :]
            assert _title(alert) in {title for title, _ in STORY.values()}
            assert more == []
        # The archive of the first poll was stored in silence, and is there to be read.
        latest = await ani.write("/latest border")
        digest = await oleg.write("/digest now")
        for told in (latest, digest):
            assert told.count("• ") == 1
            for title, _ in STORY.values():
                assert len(re.findall(rf"{title}( —|\n)", told)) == 1
        assert await sahman.stop() == 0
    assert world.telegram.strict_faults == []


@pytest.mark.slow
async def test_what_was_owed_when_it_stopped_comes_once_after_it_starts_again(
    world: World, tmp_path: Path
) -> None:
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("started")
        await ani.write("/start")
        await ani.write("/add border")
        await world.print_item("english", "First word of the border")
        await ani.wait(3)
        # Nobody answers while it is down: what is written then waits at Telegram.
        assert await sahman.stop() == 0
    async with world.session.post(
        f"{world.telegram.url}/people/chats/101/messages", json={"text": "/keywords"}
    ) as answer:
        assert answer.status == 200
    await world.print_item("russian", "Новости с границы за время простоя")
    await world.print_item("english", "Nothing of interest")
    async with running(tmp_path, **world.settings) as sahman:
        messages = await ani.wait(5)
        said = [message["text"] for message in messages]
        assert sum("Новости с границы" in text for text in said) == 1
        assert sum("First word of the border" in text for text in said) == 1
        assert any(text.startswith("You follow 1 keyword") for text in said)
        await ani.write("/latest")
        assert await sahman.stop() == 0
    assert len(await ani.read()) == 6


@pytest.mark.slow
async def test_a_kill_while_it_runs_loses_no_item_and_no_command(
    world: World, tmp_path: Path
) -> None:
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    await world.print_item("english", "Quiet so far")
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("feed=english")
        await ani.write("/add border")
        await sahman.kill()
    await world.print_item("english", "A patrol came under fire near the border")
    async with running(tmp_path, **world.settings) as sahman:
        # What was answered and not yet confirmed may be answered again after the kill.
        await ani.wait_for("A patrol came under fire", within_s=45)
        assert await sahman.stop() == 0


@pytest.mark.slow
async def test_a_token_that_telegram_refuses_stops_it_with_what_to_do(tmp_path: Path) -> None:
    telegram = BotApi("987654:another-token-of-no-value-0000000000")
    await telegram.start()
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(
        "publishers: {P: {country: AM, kind: state}}\n"
        "feeds: [{name: a, url: 'http://127.0.0.1:9/', publisher: P, language: en}]\n"
    )
    settings = {
        "api_url": telegram.url,
        "database_url": f"sqlite:///{tmp_path}/x.db",
        "feeds": str(feeds),
    }
    sahman = await start(tmp_path, **settings)
    assert await sahman.ended() == 1
    said = sahman.log.read_text()
    assert "@BotFather" in said
    assert TOKEN not in said
    await telegram.stop()


def _title(alert: dict[str, str]) -> str:
    """Return an alert's title: its line after the keywords."""
    return alert["text"].splitlines()[1]
