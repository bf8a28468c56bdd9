"""`python -m bot feeds`, as an operator types it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.config import load_feeds
from bot.demo.feeds import FeedServer
from tests.cli.test_commands import sahman

_FEEDS = """\
# Ours, by hand.
publishers:
  Herald: {country: AM, kind: private, city: Gyumri, source: https://herald.example/who}
feeds:
  - name: Herald
    url: URL  # asked since spring
    publisher: Herald
    language: en
    allow_private: true
"""


@pytest.fixture
async def news() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    await server.start()
    server.add_item("herald", "Talks on the border")
    server.add_item("echo", "A pass is closed")
    yield server
    await server.stop()


@pytest.fixture
def settings(news: FeedServer, tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "feeds.yaml"
    path.write_text(_FEEDS.replace("URL", news.feed_url("herald")))
    return {"feeds": str(path), "database_url": f"sqlite:///{tmp_path}/sahman.db"}


def written(settings: dict[str, str]) -> dict[str, bool]:
    """Return which feeds the file names, and whether each is on."""
    return {each.name: each.enabled for each in load_feeds(Path(settings["feeds"])).feeds}


def comments(settings: dict[str, str]) -> list[str]:
    """Return what the operator wrote beside the feeds."""
    lines = Path(settings["feeds"]).read_text().splitlines()
    return [line[line.index("#") :] for line in lines if "#" in line]


@pytest.mark.slow
async def test_a_feed_is_tried_added_switched_and_shown(
    news: FeedServer, settings: dict[str, str]
) -> None:
    code, said = await sahman("feeds", "test", "Herald", **settings)
    assert (code, "Talks on the border" in said) == (0, True)

    address = news.feed_url("echo")
    code, said = await sahman("feeds", "add", address, **settings)
    assert code == 1
    assert "private address" in said
    assert written(settings) == {"Herald": True}
    code, said = await sahman(
        "feeds", "add", address, "--allow-private", "--name", "Echo", "--publisher", "Echo",
        "--country", "GE", **settings,
    )  # fmt: skip
    assert (code, "A pass is closed" in said) == (0, True)
    assert written(settings) == {"Herald": True, "Echo": True}
    assert comments(settings) == ["# Ours, by hand.", "# asked since spring"]

    code, said = await sahman("feeds", "disable", "Echo", **settings)
    assert (code, "switched off" in said) == (0, True)
    assert written(settings) == {"Herald": True, "Echo": False}
    code, said = await sahman("feeds", "disable", "Nobody", **settings)
    assert (code, "Nobody" in said) == (1, True)

    assert (await sahman("poll", **settings))[0] == 0
    code, said = await sahman("feeds", **settings)
    rows = {line.split("│")[1].strip(): line for line in said.splitlines() if line.startswith("│")}
    assert code == 0
    assert "working" in rows["Herald"]
    assert "off" in rows["Echo"]
    code, said = await sahman("feeds", "herald", **settings)
    assert (code, "silent: first reading" in said, "Talks" in said) == (0, True, True), said
    assert "Herald: AM, private, Gyumri, https://herald.example/who" in said
    code, said = await sahman("feeds", "Nobody at all", **settings)
    assert (code, "Nobody at all" in said) == (1, True)
    code, said = await sahman("feeds", "enable", "Echo", **settings)
    assert (code, "switched on" in said) == (0, True)


@pytest.mark.slow
async def test_feeds_are_exchanged_as_opml_and_come_in_switched_off(
    settings: dict[str, str], tmp_path: Path
) -> None:
    code, opml = await sahman("feeds", "export", **settings)
    assert (code, "Herald" in opml) == (0, True)
    file = tmp_path / "theirs.opml"
    file.write_text(opml.replace('"Herald"', '"Ours"').replace("/herald", "/other"))
    code, said = await sahman("feeds", "import", str(file), **settings)
    assert (code, "1 of 1 added" in said) == (0, True), said
    assert written(settings) == {"Herald": True, "Ours": False}
    code, said = await sahman("feeds", "import", str(file), **settings)
    assert (code, "1 are in feeds.yaml already" in said) == (0, True), said
    file.write_text('<!DOCTYPE x [<!ENTITY a "b">]><opml>&a;</opml>')
    code, said = await sahman("feeds", "import", str(file), **settings)
    assert code == 1
    assert "Traceback" not in said
