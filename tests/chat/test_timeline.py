"""/timeline: who told a story when, who denied it, and which headlines were changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.delivery.timeline import find_turns
from bot.model import DeliveryState, Role, Telling, ToldStory, Version
from bot.storage.tables import delivery
from tests.loopback import ANI, ARAM, OLEG, Sahman, until
from tests.samples import NOW, count_rows, item

_FIRE, _MORE = "Fire near Goris, one hurt", "Fire near Goris, three hurt"


async def print_story(sahman: Sahman) -> None:
    """Let two publishers tell one story, one of which changes its headline."""
    await sahman.prints(
        "Morning Echo", _FIRE, link="https://a.example/1", country="AM",
        published_at=NOW - timedelta(hours=2),
    )  # fmt: skip
    await sahman.prints(
        "Evening <Post>", _FIRE, link="https://b.example/1", country="GE",
        published_at=NOW - timedelta(hours=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "head"),
    [
        (ANI, "How this story came about"),
        (OLEG, "Как складывалась эта история"),
        (ARAM, "Ինչպես է ձևավորվել այս պատմությունը"),
    ],
)
async def test_whoever_told_a_story_stands_in_the_order_of_time(
    sahman: Sahman, who: int, head: str
) -> None:
    await print_story(sahman)
    told = (await sahman.say(f"/timeline {_FIRE}", who)).text
    assert head in told
    assert told.index("10:00") < told.index("Morning Echo") < told.index("11:00")
    assert "Evening <Post>" in told


async def test_a_reply_to_an_alert_tells_of_that_story(sahman: Sahman) -> None:
    await sahman.say("/add Goris")
    await sahman.prints("Morning Echo", _FIRE)
    await until(lambda: count_rows(sahman.storage, delivery, state=DeliveryState.SENT) == 1)
    alert = next(each for each in sahman.api.messages(ANI) if each.text.startswith("🔔"))
    told = await sahman.say("/timeline", reply_to=alert.message_id)
    assert "Morning Echo" in told.text
    assert _FIRE in told.text


async def test_what_is_not_known_is_said(sahman: Sahman) -> None:
    assert "Reply with /timeline" in (await sahman.say("/timeline")).text
    assert "no such story" in (await sahman.say("/timeline Nothing of the kind")).text


def test_a_changed_headline_is_a_turn_of_its_own_and_a_changed_summary_is_none() -> None:
    told = item(title=_MORE, published_at=NOW)
    story = ToldStory(id=1, tellings=(Telling(item=told, role=Role.TOLD),))
    versions = [
        Version(item_id=told.id, until=NOW + timedelta(minutes=30), title=_FIRE),
        Version(item_id=told.id, until=NOW + timedelta(minutes=10), title="Fire near Goris"),
        Version(item_id=told.id, until=NOW + timedelta(minutes=20), title=_FIRE),
        Version(item_id=99, until=NOW, title="Another"),
    ]
    turns = find_turns(story, versions)
    assert [(each.title, each.was) for each in turns] == [
        ("Fire near Goris", ""),
        (_FIRE, "Fire near Goris"),
        (_MORE, _FIRE),
    ]
    assert [each.at for each in turns] == [
        NOW, NOW + timedelta(minutes=10), NOW + timedelta(minutes=30),
    ]  # fmt: skip
