"""One event that many print is one message, by the real process, killed at every point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import World
from tests.acceptance.dying import GROWING, NOWHERE
from tests.acceptance.process import Person, Sahman, start_dying
from tests.acceptance.test_main_job import STORY

# One event as twelve newsrooms of Armenia print it, and then one of Azerbaijan.
PRINTED = [
    "Two soldiers wounded in shelling near Goris",
    "Shelling near Goris: two Armenian servicemen wounded",
    "Обстрел у Гориса: ранены двое военных",
    "Два армянских военнослужащих ранены при обстреле близ Гориса",
    "Գորիսի մոտ գնդակոծությունից երկու զինծառայող է վիրավորվել",
    "Երկու զինվոր է վիրավորվել Գորիսի ուղղությամբ գնդակոծության հետևանքով",
    "Two Armenian soldiers are wounded as Goris comes under shelling",
    "Goris shelled, two soldiers wounded",
    "У Гориса в результате обстрела ранены двое солдат",
    "Գորիսի գնդակոծությունից վիրավորվել է երկու զինծառայող",
    "Near Goris, shelling has wounded two soldiers",
    "Под Горисом обстрел, двое военнослужащих ранены",
]
CONFIRMED = "Two soldiers wounded by shelling of Goris, it is reported in Baku"
BAKU = "baku"


@pytest.fixture
def newsrooms(world: World) -> World:
    """A newsroom of its own for each way to print it, and one on the other side."""
    names = [f"paper{n}" for n in range(len(PRINTED))]
    publishers = {name: {"country": "AM", "kind": "independent"} for name in names}
    publishers[BAKU] = {"country": "AZ", "kind": "agency"}
    feeds = []
    for name in publishers:
        world.news.add_feed(name, title=name, language="en")
        feeds.append(
            {
                "name": name,
                "url": world.news.feed_url(name),
                "publisher": name,
                "language": "mixed",
                "every_s": 1,
                "allow_private": True,
            }
        )
    config = json.dumps({"publishers": publishers, "feeds": feeds})
    Path(world.settings["feeds"]).write_text(config, encoding="utf-8")
    return world


async def settle(sahman: Sahman, ani: Person, words: str, world: World) -> list[dict]:
    """Wait until her one message says *words* and nothing more comes; return what rang."""
    await ani.wait_for(words, within_s=60)
    await sahman.wait_for_silence(world.telegram, 4.0)
    return [each for each in await ani.read() if each["text"].startswith("🔔")]


async def arrive(world: World, folder: Path) -> tuple[Person, Sahman]:
    """Let every newsroom be read once, and Ani follow the town."""
    for name in [*(f"paper{n}" for n in range(len(PRINTED))), BAKU]:
        await world.print_item(name, f"Weather of {name}")
    sahman = await start_dying(folder, NOWHERE, **world.settings)
    for n in range(len(PRINTED)):
        await sahman.wait_for_log(f"feed=paper{n} ")
    await sahman.wait_for_log(f"feed={BAKU} ")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    await ani.write("/add Goris")
    return ani, sahman


@pytest.mark.slow
async def test_twelve_items_of_one_event_ring_twice_and_the_other_side_once_more(
    newsrooms: World, tmp_path: Path
) -> None:
    ani, sahman = await arrive(newsrooms, tmp_path)
    # What comes first is what others are compared with.
    await newsrooms.print_item("paper0", PRINTED[0])
    await settle(sahman, ani, "only one source so far", newsrooms)
    for n, title in enumerate(PRINTED[1:], 1):
        await newsrooms.print_item(f"paper{n}", title)
    alert, *rings = await settle(sahman, ani, "12 publishers · Armenia", newsrooms)
    assert len(rings) <= 1
    assert all(ring["reply_to"] == alert["message_id"] for ring in rings)
    before = len(rings)
    await newsrooms.print_item(BAKU, CONFIRMED)
    grown, *rings = await settle(sahman, ani, "13 publishers · Armenia, Azerbaijan", newsrooms)
    assert grown["message_id"] == alert["message_id"]
    assert len(rings) == before + 1
    assert rings[-1]["text"].startswith("🔔 The other side reports it too")
    assert rings[-1]["reply_to"] == alert["message_id"]
    assert await sahman.stop() == 0
    assert newsrooms.telegram.strict_faults == []


#: Where the databases differ: what is planned in one transaction, and what is noted of a message.
_ON_BOTH = ("edit", "news", "send")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_url", "point"),
    [
        *(("sqlite", point) for point in sorted(GROWING)),
        *(("postgresql", point) for point in _ON_BOTH),
    ],
    indirect=["database_url"],
)
async def test_killed_while_it_grows_it_is_one_message_all_the_same(
    newsrooms: World, tmp_path: Path, point: str
) -> None:
    ani, sahman = await arrive(newsrooms, tmp_path)
    await newsrooms.print_item("paper0", PRINTED[0])
    (alert,) = await settle(sahman, ani, "only one source so far", newsrooms)
    assert await sahman.stop() == 0
    for n in range(1, 5):
        await newsrooms.print_item(f"paper{n}", PRINTED[n])
    await newsrooms.print_item(BAKU, CONFIRMED)
    dying = await start_dying(tmp_path, point, **newsrooms.settings)
    assert await dying.ended() < 0
    sahman = await start_dying(tmp_path, NOWHERE, **newsrooms.settings)
    await sahman.wait_for_log("started version")
    grown, *rings = await settle(sahman, ani, "6 publishers", newsrooms)
    assert grown["message_id"] == alert["message_id"]
    told = [ring["text"].splitlines()[0] for ring in rings]
    most = 2 if point in ("send", "mark") else 1
    assert 1 <= told.count("🔔 The other side reports it too") <= most
    assert len(set(told)) <= 2
    assert all(told.count(each) <= most for each in told)
    assert await sahman.stop() == 0


@pytest.mark.slow
async def test_the_story_the_project_began_with_is_one_message_and_its_correction_rings(
    newsrooms: World, tmp_path: Path
) -> None:
    ani, sahman = await arrive(newsrooms, tmp_path)
    await ani.write("/add Pashinyan")
    for n, (title, _) in enumerate(STORY.values()):
        await newsrooms.print_item(f"paper{n}", title)
        if n == 0:  # what comes first is what others are compared with
            await settle(sahman, ani, "only one source so far", newsrooms)
    alert, *rings = await settle(sahman, ani, "3 publishers · Armenia", newsrooms)
    assert len(rings) <= 1, "for a second source of fighting"
    assert "Putin first" in alert["text"], "who was called first, in the reader's language"
    correction = "Correction: Pashinyan phoned Macron first, not Putin, over fighting on the border"
    await newsrooms.print_item("paper3", correction)
    grown, *rings = await settle(sahman, ani, "4 publishers", newsrooms)
    ring = rings[-1]
    assert grown["message_id"] == alert["message_id"]
    assert f"✏️ Corrected: {correction}" in grown["text"]
    assert ring["text"].startswith("🔔 Corrected")
    assert ring["reply_to"] == alert["message_id"]
    assert await sahman.stop() == 0
