"""Word of a surge reaches who follows the keyword, in their language, while it is true."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.model import DeliveryState, Surge
from bot.storage.tables import delivery
from bot.stories.surge import QUIET_AFTER
from tests.loopback import ANI, ARAM, OLEG, Sahman, until
from tests.samples import NOW, rows_of


async def surge(sahman: Sahman, at: datetime = NOW) -> None:
    """Let what Ani follows surge."""
    (keyword,) = await sahman.storage.keywords.load((await sahman.reader()).id)
    found = Surge(keyword_id=keyword.id, at=at, stories=12, families=3, usual=2.0)
    assert await sahman.storage.trends.save_surge(found, at - QUIET_AFTER)
    await sahman.storage.trends.owe_notices()
    sahman.sender.wake()


def states(sahman: Sahman) -> list[tuple[int, int, str | None]]:
    """Return what became of what was owed."""
    return [(row["kind"], row["state"], row["error"]) for row in rows_of(sahman.storage, delivery)]


async def test_everybody_is_told_once_in_their_language(sahman: Sahman) -> None:
    for who in (ANI, OLEG, ARAM):
        await sahman.say("/add border", who)
    await surge(sahman)
    await until(lambda: all(state == DeliveryState.SENT for _, state, _ in states(sahman)))
    said = [sahman.api.messages(who)[-1].text.splitlines() for who in (ANI, OLEG, ARAM)]
    assert said == [
        [
            "📈 Unusually many stories on border: 12 in the last hour, usually 2.",
            "/trends border",
        ],
        ["📈 border — необычно много: 12 новостей за последний час, обычно 2.", "/trends border"],
        [
            "📈 border․ անսովոր շատ լուրեր՝ 12 վերջին մեկ ժամում, սովորաբար՝ 2։",
            "/trends border",
        ],
    ]
    assert len(states(sahman)) == 3


@pytest.mark.parametrize("left", ["late", "removed"])
async def test_what_is_not_true_any_more_is_not_said(sahman: Sahman, left: str) -> None:
    await sahman.say("/add border")
    await sahman.say("/add border", OLEG)  # the keyword stays when Ani leaves it
    before = len(sahman.api.messages(ANI))
    if left == "late":
        await surge(sahman, NOW - timedelta(minutes=61))
    else:
        await sahman.say("/pause")
        await surge(sahman)
        await sahman.say("/remove border")
        await sahman.say("/resume")
        before += 3
    await until(lambda: all(state != DeliveryState.PENDING for _, state, _ in states(sahman)))
    assert len(sahman.api.messages(ANI)) == before
