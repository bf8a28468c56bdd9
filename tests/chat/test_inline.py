"""Inline mode: what `@bot border` finds in any chat, and how one story is sent there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.demo.chats import Wire
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import open_feed


async def ask(sahman: Sahman, words: str, who: int = ANI, offset: str = "") -> Wire:
    """Type words behind the bot's name; return what Telegram is answered."""
    return await sahman.api.inline.ask(who, words, offset).wait(20)


def titles(answer: Wire) -> list[str]:
    """Return the titles that are offered."""
    return [str(each["title"]) for each in answer["results"]]


async def test_words_find_stories_in_every_language(sahman: Sahman) -> None:
    await sahman.news("Harvest near the border", "Дожди в столице", "Սահմանին նոր ճանապարհ")
    answer = await ask(sahman, "граница", OLEG)
    assert set(titles(answer)) == {"Harvest near the border", "Սահմանին նոր ճանապարհ"}
    assert answer["is_personal"]


async def test_what_is_sent_tells_the_story_and_who_printed_it(sahman: Sahman) -> None:
    await sahman.prints("A <b>& Co", "Harvest <i> near the border")
    (result,) = (await ask(sahman, "border"))["results"]
    content: dict[str, Any] = result["input_message_content"]
    assert content["parse_mode"] == "HTML"
    assert "Harvest &lt;i&gt; near the border" in content["message_text"]
    assert "A &lt;b&gt;&amp; Co" in content["message_text"]
    assert "A <b>& Co" in result["description"]
    assert len(result["id"].encode()) <= 64


async def test_without_words_the_newest_come_and_pages_follow(sahman: Sahman) -> None:
    names = (
        "Fishing grows on Sevan", "Court hears a banker", "Wheat is dearer", "Nurses strike",
        "A comet is seen", "Chess team wins gold", "Metro buys trains", "Poet dies at ninety",
        "Snow closes Lori pass", "Tax on sugar falls", "Zoo shows a bear cub",
        "Wine fair opens in Areni", "Old manuscript found",
    )  # fmt: skip
    await sahman.news(*names)
    first = await ask(sahman, "")
    assert len(first["results"]) == 10
    second = await ask(sahman, "", offset=first["next_offset"])
    assert second.get("next_offset", "") == ""
    told = "".join(
        str(each["input_message_content"]["message_text"])
        for page in (first, second)
        for each in page["results"]
    )
    assert all(name in told for name in names)


@pytest.mark.parametrize(
    ("who", "said"), [(ANI, "Nothing found"), (OLEG, "Не нашлось"), (ARAM, "Չգտնվեց")]
)
async def test_what_is_not_found_can_be_followed_by_one_tap(
    sahman: Sahman, who: int, said: str
) -> None:
    await open_feed(sahman.storage)
    await sahman.news("Weather")
    answer = await ask(sahman, "Meghri road", who)
    assert answer["results"] == []
    assert said in answer["button"]["text"]
    offered = await sahman.say(f"/start {answer['button']['start_parameter']}", who)
    assert "Meghri road" in offered.text


async def test_that_nothing_can_be_seen_is_said_there_too(sahman: Sahman) -> None:
    await open_feed(sahman.storage, polled=False)
    answer = await ask(sahman, "border")
    assert "I cannot see" in answer["button"]["text"]


@pytest.mark.parametrize("words", ['"', "(", "a", "#xx", "source:nobody", "-", "x" * 256, "☃"])
async def test_whatever_is_typed_is_answered_and_breaks_nothing(sahman: Sahman, words: str) -> None:
    await sahman.news("Harvest near the border")
    assert isinstance((await ask(sahman, words))["results"], list)


async def test_ones_own_keywords_are_never_among_what_is_shown(sahman: Sahman) -> None:
    await sahman.say("/add secretword")
    answer = await ask(sahman, "")
    assert "secretword" not in str(answer)


async def test_who_asks_without_end_is_answered_no_more_and_harms_nobody(sahman: Sahman) -> None:
    asked = [sahman.api.inline.ask(ANI, f"border {n}") for n in range(40)]
    await asyncio.gather(*(each.wait(20) for each in asked[:15]))
    await sahman.silence()
    assert sum(each.answer is not None for each in asked) < 40
    assert (await ask(sahman, "border", OLEG))["results"] == []
    assert labels(await sahman.say("/start"))
