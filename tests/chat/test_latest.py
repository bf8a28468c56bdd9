"""/latest and /search: by word, language, publisher and time, page by page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.chat.trails import Trail
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import NOW

_HOUR = timedelta(hours=1)


async def number_pages(sahman: Sahman, count: int, word: str = "Border") -> None:
    """Let so many stories be printed, number 00 the newest."""
    for n in range(count):
        await sahman.news(
            f"{word} {_NAMES[n]} {n:02}", published_at=NOW - timedelta(minutes=n), key=f"{word}{n}"
        )


#: Stories that nobody takes for one.
_NAMES = [
    f"{what} {where}"
    for what in ("harvest", "school", "bridge", "museum", "orchestra", "library", "market")
    for where in ("Gyumri", "Vanadzor", "Dilijan", "Kapan", "Sisian", "Ijevan", "Armavir", "Ararat")
]


def numbers(text: str) -> list[int]:
    """Return the numbers of the stories that a page tells."""
    return [int(each) for each in re.findall(r"• \S+ \S+ \S+ (\d\d)$", text, re.MULTILINE)]


async def test_pages_of_ten_are_turned_in_one_message(sahman: Sahman) -> None:
    await number_pages(sahman, 23)
    first = await sahman.say("/latest")
    assert numbers(first.text) == [*range(10)]
    assert labels(first) == ["Older »"]
    await sahman.tap("Older »")
    await sahman.tap("Older »")
    page = sahman.newest_with("« Newest")
    assert numbers(page.text) == [20, 21, 22]
    assert labels(page) == ["« Newest", "‹ Newer"]
    await sahman.tap("‹ Newer")
    assert numbers(sahman.newest_with("« Newest").text) == [*range(10, 20)]
    await sahman.tap("« Newest")
    assert numbers(sahman.newest_with("Older »").text) == [*range(10)]
    assert len(await sahman.silence()) == 1


async def test_the_pages_of_a_word_and_of_a_search_are_turned_too(sahman: Sahman) -> None:
    await number_pages(sahman, 12)
    await number_pages(sahman, 3, "Weather")
    for command, head in (("/latest border", "Latest · border"), ("/search border", "Found")):
        first = await sahman.say(command)
        assert first.text.startswith(head)
        assert numbers(first.text) == [*range(10)]
        await sahman.tap("Older »")
        assert numbers(sahman.newest_with("« Newest").text) == [10, 11]
        await sahman.tap("« Newest")


async def test_the_way_back_is_as_long_as_a_button_can_say(sahman: Sahman) -> None:
    trail = Trail()
    for n in range(30):
        trail = trail.older(10_000_000 + n)
        written = trail.write("page:123456")
        assert len(written) <= 46
        read = Trail.read(written.partition("page:123456:")[2])
        assert read is not None
        assert read.last == trail.last
        trail = read
    assert trail.is_cut
    steps = 0
    while (newer := trail.newer()) is not None:
        trail, steps = newer, steps + 1
    assert steps == 3


async def test_a_number_asks_for_so_many(sahman: Sahman) -> None:
    await number_pages(sahman, 8)
    assert numbers((await sahman.say("/latest 5")).text) == [0, 1, 2, 3, 4]
    assert numbers((await sahman.say("/latest border 3")).text) == [0, 1, 2]
    await sahman.tap("Older »")
    assert numbers(sahman.newest_with("« Newest").text) == [3, 4, 5]


@pytest.mark.parametrize(
    "asked", ["#hy", "armenian", "армянский", "հայերեն", "#hy today", "հայերեն այսօր"]
)
async def test_a_language_alone_is_shown(sahman: Sahman, asked: str) -> None:
    await sahman.news("Talks on the border")
    await sahman.news("Սահմանին հանգիստ է", language="hy")
    shown = (await sahman.say(f"/latest {asked}")).text
    assert "հանգիստ" in shown
    assert "Talks" not in shown
    assert shown.startswith("Latest · Armenian")


@pytest.mark.parametrize("asked", ["source:hetq", "Hetq", "hetq today", "#en source:hetq"])
async def test_a_publisher_alone_is_shown(sahman: Sahman, asked: str) -> None:
    await sahman.prints("Armenpress", "Fire in the museum")
    await sahman.prints("Hetq", "Talks on the border")
    shown = (await sahman.say(f"/latest {asked}")).text
    assert "Talks" in shown
    assert "Fire" not in shown


async def test_a_publisher_whom_an_aggregator_names_is_shown_too(sahman: Sahman) -> None:
    await sahman.prints("Aggregator", "Fire in the museum")
    await sahman.prints("Aggregator", "Talks on the border", source="Civilnet")
    shown = (await sahman.say("/latest civilnet")).text
    assert "Talks" in shown
    assert "Fire" not in shown
    of_its_own = (await sahman.say("/latest aggregator")).text
    assert "Fire" in of_its_own
    assert "Talks" not in of_its_own


async def test_a_source_that_is_not_read_is_named(sahman: Sahman) -> None:
    await sahman.news("Talks on the border")
    assert "“nowhere”" in (await sahman.say("/latest source:nowhere")).text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("today", [0, 1]),
        ("сегодня", [0, 1]),
        ("այսօր", [0, 1]),
        ("yesterday", [2]),
        ("երեկ", [2]),
        ("since yesterday", [0, 1, 2]),
        ("с четверга", [0, 1, 2, 3]),
        ("за неделю", [0, 1, 2, 3]),
        ("3 дня", [0, 1, 2, 3]),
        ("5 ժամ", [0]),
        ("2026-09-10", [3]),
        ("10.09", [3]),
        ("border since yesterday", [0, 2]),
        ("վերջին 3 օրը border", [0, 2]),
        ("2", [0, 1]),
    ],
)
async def test_a_time_is_asked_for(sahman: Sahman, asked: str, shown: list[int]) -> None:
    for n, (word, hours) in enumerate(
        [("Border", 1), ("Weather", 7), ("Border", 18), ("Weather", 44), ("Border", 24 * 20)]
    ):
        await sahman.news(f"{word} {_NAMES[9 * n]} {n:02}", published_at=NOW - hours * _HOUR)
    assert numbers((await sahman.say(f"/latest {asked}")).text) == shown


async def test_nothing_found_is_not_nothing_yet(sahman: Sahman) -> None:
    assert "Nothing yet" in (await sahman.say("/latest")).text
    assert "Nothing yet" in (await sahman.say("/search dragons")).text
    await sahman.news("Weather", seen_at=NOW - timedelta(days=45), published_at=NOW)
    await sahman.news("Snow", seen_at=NOW)
    nothing = await sahman.say("/latest dragons")
    assert nothing.text.endswith("Nothing found. I looked back 30 days.")
    await sahman.tap("Search the whole archive")
    assert sahman.api.messages(ANI)[-1].text.endswith("Nothing found. I looked back 45 days.")
    assert "in that time" in (await sahman.say("/latest yesterday")).text


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (OLEG, "Ничего не нашлось за 2 последних дня."),
        (ARAM, "Ոչինչ չգտնվեց։ Նայեցի վերջին 2 օրվա լուրերը։"),
    ],
)
async def test_how_far_was_looked_is_said_in_ones_own_language(
    sahman: Sahman, who: int, said: str
) -> None:
    await sahman.news("Weather", seen_at=NOW - timedelta(hours=40))
    assert (await sahman.say("/latest dragons", who)).text.endswith(said)


async def test_a_search_looks_further_back_than_the_latest(sahman: Sahman) -> None:
    old = NOW - timedelta(days=60)
    await sahman.news("Border long ago", published_at=old, seen_at=old)
    await sahman.news("Weather")
    assert "Nothing found" in (await sahman.say("/latest border")).text
    await sahman.tap("Search the whole archive")
    assert "Border long ago" in sahman.api.messages(ANI)[-1].text
    assert "Border long ago" in (await sahman.say("/search border")).text
    assert "/search border" in (await sahman.say("/search")).text


async def test_long_entries_go_over_several_pages_and_none_is_lost(sahman: Sahman) -> None:
    for n in range(10):
        await sahman.news(
            f"Border {_NAMES[n]} {n:02}",
            published_at=NOW - timedelta(minutes=n),
            link=f"https://news.example/{'a' * 900}/{n}",
        )
    shown = numbers((await sahman.say("/latest border")).text)
    assert 1 <= len(shown) < 10
    while len(shown) < 10:
        await sahman.tap("Older »")
        more = numbers(sahman.newest_with("« Newest").text)
        assert more
        shown += more
    assert shown == [*range(10)]


async def test_a_button_from_before_there_were_trails_is_served(sahman: Sahman) -> None:
    await number_pages(sahman, 12)
    shown = await sahman.say("/latest")
    older = int(Trail.read(shown.buttons[0]["callback_data"].rpartition(":")[2]).last or 0)  # type: ignore[union-attr]
    shown.buttons[0]["callback_data"] = f"latest:0:{older}"
    await sahman.api.tap(ANI, shown.message_id, f"latest:0:{older}").wait()
    await sahman.silence()
    assert numbers(sahman.newest_with("« Newest").text) == [10, 11]


async def test_a_button_that_says_nonsense_is_answered(sahman: Sahman) -> None:
    await sahman.news("Weather")
    shown = await sahman.say("/latest")
    for data in (
        "page:x:", "page:0:zz", "page:0:1..2", "found:1:.", "found:99999999999999999999:", "about:",
        "about:x:", "about:1:q", "page:0:ffffffffffffff",
    ):  # fmt: skip
        shown.reply_markup = {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}
        await sahman.api.tap(ANI, shown.message_id, data).wait()
    assert not any("went wrong" in text for text in await sahman.silence())
