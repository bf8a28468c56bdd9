"""/alerts: all, only what is urgent, or none; the rest stands in the digest."""

from __future__ import annotations

import pytest

from bot.model import DeliveryState
from bot.storage.tables import delivery
from tests.loopback import ANI, Sahman, labels, until
from tests.samples import count_rows


def alerts(sahman: Sahman) -> list[str]:
    return [each.text for each in sahman.api.messages(ANI) if each.text.startswith("🔔 border")]


@pytest.mark.parametrize("typed", ["urgent", "Срочные", "հրատապ"])
async def test_who_wants_only_what_is_urgent_is_woken_by_nothing_else(
    sahman: Sahman, typed: str
) -> None:
    await sahman.say("/add border")
    said = await sahman.say(f"/alerts {typed}")
    assert "Only urgent" in said.text
    assert labels(said) == ["All", "✓ Urgent only", "None"]
    await sahman.news("Talks on the border", gravity=1)
    await sahman.news("Two soldiers wounded at the border near Kapan", gravity=2)
    await until(lambda: count_rows(sahman.storage, delivery, state=DeliveryState.SENT) == 1)
    assert ["wounded" in each for each in alerts(sahman)] == [True]
    digest = (await sahman.say("/digest now")).text
    assert "Talks on the border" in digest


async def test_none_is_none_and_all_is_all_again_by_buttons(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await sahman.say("/alerts")
    await sahman.tap("None")
    assert "No alert comes at once" in sahman.newest_with("All").text
    await sahman.news("Two soldiers killed at the border near Kapan", gravity=3)
    assert count_rows(sahman.storage, delivery) == 0
    await sahman.tap("All")
    await sahman.news("Harvest along the border begins")
    await until(lambda: len(alerts(sahman)) == 1)


async def test_what_is_not_understood_offers_the_choices(sahman: Sahman) -> None:
    said = await sahman.say("/alerts loud")
    assert "Choose one of these" in said.text
    assert labels(said) == ["✓ All", "Urgent only", "None"]


async def test_without_a_digest_it_says_where_the_rest_would_stand(sahman: Sahman) -> None:
    await sahman.say("/digest off")
    assert "Your digest is off" in (await sahman.say("/alerts urgent")).text
