"""/trends in the chat page: a real picture, turned by its buttons in its place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from bot.demo import BotApi
from tests.loopback import ANI, Sahman, idle, languages, sahman, telegram
from tests.samples import NOW, follow, new_item, open_feed, take_in

__all__ = ["idle", "languages", "sahman", "telegram"]

pytestmark = pytest.mark.browser

#: Other tests may run on the same two cores.
_DRAWING_MS = 20_000


@pytest.fixture
def api(telegram: BotApi) -> BotApi:
    """The server that Sahman speaks to."""
    return telegram


async def test_a_picture_is_seen_and_turned(page: Page, sahman: Sahman) -> None:
    """The size is that of the PNG which the child process drew."""
    await sahman.say("/start")
    who = await sahman.reader()
    await sahman.storage.subscribers.save_settings(who.id, paused=True)
    await follow(sahman.storage, who, "border", NOW - timedelta(days=20))
    source = await open_feed(sahman.storage)
    news = (new_item(f"Border {n}", seen_at=NOW - timedelta(hours=n % 9)) for n in range(20))
    await take_in(sahman.storage, source, *news)
    await page.goto(f"{sahman.api.url}/#{ANI}")
    await page.wait_for_selector("body[data-ready]")
    await page.fill("#text", "/trends border")
    await page.press("#text", "Enter")
    picture = page.locator("img.photo")
    await expect(picture).to_have_count(1, timeout=_DRAWING_MS)
    first = await picture.get_attribute("src")
    await expect(page.locator(".row.in .bubble").last).to_contain_text("20 stories (English 20).")
    await page.locator(".key", has_text="Dark").click()
    await expect(picture).not_to_have_attribute("src", first or "", timeout=_DRAWING_MS)
    await expect(picture).to_have_count(1)
    width = await picture.evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width == 1200
