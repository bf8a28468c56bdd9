"""/sources: by country, who stands behind each, and whether it answers now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.config.feedlist import FeedList, PublisherEntry
from bot.model import PublisherKind
from bot.storage.tables import feed
from tests.loopback import ANI, ARAM, OLEG, Sahman
from tests.samples import NOW, change_rows, feeds_config, open_feed

_ANSWERED = NOW - timedelta(minutes=5)


async def read_all(sahman: Sahman, publishers: Mapping[str, Mapping[str, str]]) -> None:
    """Read one feed of each publisher, all of which answered lately."""
    described = {
        name: PublisherEntry(**{"country": "AM", "kind": PublisherKind.INDEPENDENT, **facts})
        for name, facts in publishers.items()
    }
    entries = feeds_config(*(f"feed {n}" for n in range(len(described)))).feeds
    feeds = tuple(
        entry.model_copy(update={"publisher": name})
        for entry, name in zip(entries, described, strict=True)
    )
    await sahman.storage.feeds.save_config(FeedList(described, feeds), NOW)
    change_rows(sahman.storage, feed, last_success_at=_ANSWERED)


async def test_without_sources_it_says_so(sahman: Sahman) -> None:
    assert "No source" in (await sahman.say("/sources")).text


@pytest.mark.parametrize(
    ("who", "head", "line"),
    [
        (ANI, "Armenia · 2 of 2 answer", "independent, Yerevan, English, owner: Echo House"),
        (OLEG, "Армения · отвечает 2 из 2", "английский, владелец: Echo House"),
        (ARAM, "Հայաստան · պատասխանում է 2-ից 2-ը", "սեփականատեր՝ Echo House"),
    ],
)
async def test_publishers_stand_by_country_with_their_owners_and_state(
    sahman: Sahman, who: int, head: str, line: str
) -> None:
    echo = {"city": "Yerevan", "family": "Echo House"}
    lone = {"country": "GE", "family": "Lone"}
    await read_all(sahman, {"Morning Echo": echo, "Evening Echo": echo, "Lone": lone})
    listed = await sahman.say("/sources", who)
    assert head in listed.text
    assert line in listed.text
    assert "11:55" in listed.text
    # The country with the most publishers first; who owns themselves, owned by nobody else.
    assert listed.text.index("Morning Echo") < listed.text.index("Lone")
    assert "owner: Lone" not in listed.text
    folded = [each for each in listed.entities if each["type"] == "expandable_blockquote"]
    assert len(folded) == 2


async def test_who_does_not_answer_is_marked_since_when(sahman: Sahman) -> None:
    await read_all(sahman, {"One": {}})
    assert "Armenia · 1 of 1 answers" in (await sahman.say("/sources")).text
    change_rows(sahman.storage, feed, last_success_at=NOW - timedelta(hours=7), failures=3)
    listed = (await sahman.say("/sources")).text
    assert "Armenia · 0 of 1 answers" in listed
    assert "⚠ does not answer since 05:00" in listed
    change_rows(sahman.storage, feed, last_success_at=None)
    assert "⚠ has not answered yet" in (await sahman.say("/sources")).text


async def test_many_publishers_with_long_names_fit_into_messages(sahman: Sahman) -> None:
    await read_all(sahman, {f"{n} <&> " + "Long " * 30: {} for n in range(40)})
    await sahman.say("/sources")
    said = await sahman.silence()
    assert sum(text.count("• ") for text in said) == 40
    assert len(said) > 1


async def test_where_a_publisher_sits_is_shown_as_it_is_written(sahman: Sahman) -> None:
    by = {"city": "Issy <les> Moulineaux", "source": "https://a.example/who", "country": "FR"}
    await open_feed(sahman.storage, publisher="Sample Echo", **by)
    listed = (await sahman.say("/sources")).text
    assert "Sample Echo — independent, Issy <les> Moulineaux, English" in listed
    assert "a.example" not in listed
