"""/export and /forget_me: all that is kept of one person, and then nothing."""

from __future__ import annotations

import json
from typing import Any

from bot.storage.tables import metadata
from tests.loopback import ANI, OLEG, Sahman
from tests.samples import count_rows


async def export(sahman: Sahman, who: int = ANI) -> dict[str, Any]:
    """Ask for the file; return what is in it."""
    await sahman.say("/export", who)
    await sahman.silence(who)
    (file,) = [each.media for each in sahman.api.messages(who) if each.media]
    found = json.loads(file.content)
    assert isinstance(found, dict)
    return found


async def test_the_file_holds_all_that_is_kept_and_nothing_of_anybody_else(
    sahman: Sahman,
) -> None:
    for word in ("border", "Гориս Капан"):
        await sahman.say(f"/add {word}")
    await sahman.say("Armenian words that were only typed")
    await sahman.storage.muting.mute_publisher((await sahman.reader()).id, "Herald")
    await sahman.say("/add onlyolegfollows", OLEG)
    await sahman.news("Harvest on the border")
    await sahman.api.wait_messages(ANI, count=4)
    found = await export(sahman)
    (reader,) = found["subscriber"]
    assert (reader["chat_id"], reader["zone"]) == (ANI, "Asia/Yerevan")
    assert [each["typed"] for each in found["subscription"]] == ["border", "Гориս Капан"]
    assert found["muted_publisher"] == [{"subscriber_id": reader["id"], "name": "Herald"}]
    assert found["chat"][0]["id"] == ANI
    assert len(found["delivery"]) == 1
    assert any("only typed" in each["words"] for each in found["typed_words"])
    assert "onlyolegfollows" not in json.dumps(found)
    assert str(OLEG) not in {str(value) for row in found["chat"] for value in row.values()}


async def test_no_table_that_names_a_subscriber_is_left_out(sahman: Sahman) -> None:
    await sahman.say("/add border")
    named = {
        table.name
        for table in metadata.sorted_tables
        if any(key.column.table.name == "subscriber" for key in table.foreign_keys)
    }
    assert named <= (await export(sahman)).keys()


async def test_the_keywords_come_as_text_that_add_takes_back(sahman: Sahman) -> None:
    for word in ("border", 'Goris -"Kapan road"', "<b>Meghri</b>"):
        await sahman.say(f"/add {word}")
    await export(sahman)
    listed = sahman.api.messages(ANI)[-1].text.splitlines()[1:]
    assert listed == ["border", 'Goris -"Kapan road"', "<b>Meghri</b>"]


async def test_a_stranger_is_told_that_nothing_is_kept(sahman: Sahman) -> None:
    assert "I know nothing about you" in (await sahman.say("/export")).text


async def test_forget_me_asks_once_and_leaves_no_row(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await sahman.storage.muting.mute_publisher((await sahman.reader()).id, "Herald")
    assert await sahman.keywords() == ["border"]
    asked = await sahman.say("/forget_me")
    assert "cannot be undone" in asked.text
    await sahman.tap("Erase everything")
    assert "Everything is erased" in sahman.api.messages(ANI)[-1].text
    for table in metadata.sorted_tables:
        if any(key.column.table.name == "subscriber" for key in table.foreign_keys):
            assert count_rows(sahman.storage, table) == 0, table.name
