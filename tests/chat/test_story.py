"""/story: an operator sees what tells a story, splits it and joins it; nobody else does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.desk import FeedsDesk
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.storage.tables import story_item
from tests.loopback import ANI, OLEG, Sahman
from tests.samples import rows_of

TITLE = "Shelling near Goris: two soldiers wounded"
SAME = "Two servicemen wounded in shelling near Goris"


@pytest.fixture
async def newsroom(sahman: Sahman, tmp_path: Path) -> AsyncIterator[Sahman]:
    """Ani is the operator; two publishers tell one story, a third another."""
    desk = FeedsDesk(frozenset({ANI}), tmp_path / "feeds.yaml", FeedFetcher(), ParseWorker())
    object.__setattr__(sahman.services, "desk", desk)
    await sahman.prints("Herald", TITLE, gravity=1)
    await sahman.prints("Gazette", SAME, gravity=1)
    await sahman.prints("Mirror", "Harvest of grapes begins in Artashat")
    yield sahman
    await desk.fetcher.close()
    desk.worker.close()


async def test_an_operator_splits_a_story_and_joins_it_again(newsroom: Sahman) -> None:
    first, second = sorted({row["story_id"] for row in rows_of(newsroom.storage, story_item)})
    shown = (await newsroom.say(f"/story {first}")).text
    items = [int(each) for each in re.findall(r"^(\d+) ", shown, re.MULTILINE)]
    assert len(items) == 2
    assert "Gazette" in shown
    said = (await newsroom.say(f"/story {first} split {items[1]}")).text
    assert f"Item {items[1]} is story" in said
    own = int(re.findall(r"story (\d+)", said)[0])
    assert "one story now" in (await newsroom.say(f"/story {own} join {first}")).text
    assert {row["story_id"] for row in rows_of(newsroom.storage, story_item)} == {first, second}


async def test_what_cannot_be_done_is_said(newsroom: Sahman) -> None:
    assert "no story 999" in (await newsroom.say("/story 999")).text
    assert "no item 999" in (await newsroom.say("/story 1 split 999")).text
    assert "not two stories" in (await newsroom.say("/story 1 join 999")).text
    assert "/story 7 split 21" in (await newsroom.say("/story nonsense")).text


async def test_it_is_no_command_for_anybody_else(newsroom: Sahman) -> None:
    assert "Команды /story нет" in (await newsroom.say("/story 1 join 2", OLEG)).text
