"""The demo as a newcomer uses it: the real `python -m bot demo`, in a real browser."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.acceptance.process import REPOSITORY, environment, until

pytestmark = pytest.mark.browser

_SAID = "demo is at "
LENA = 103


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The address that the demo prints, while it runs."""
    log = tmp_path / "log.txt"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", "--every-s", "2",
            cwd=REPOSITORY, env=environment(), stdout=stream, stderr=stream,
        )  # fmt: skip
    await until(lambda: _SAID in log.read_text(), 40, log.read_text)
    yield log.read_text().partition(_SAID)[2].split()[0]
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    opened = await browser.new_page(viewport={"width": 390, "height": 844})
    opened.set_default_timeout(30_000)
    yield opened
    await opened.close()


async def test_a_newcomer_types_start_taps_a_keyword_and_sees_an_alert(
    page: Page, address: str
) -> None:
    await page.goto(f"{address}/#{LENA}")
    await page.click("#start")
    await expect(page.locator(".row.in").last).to_contain_text("reads the news")
    await page.locator(".key", has_text="+ border").click()
    await expect(page.locator(".key", has_text="✓ border")).to_be_visible()
    alert = page.locator(".row.in", has_text="🔔 border").first
    await expect(alert).to_be_visible(timeout=30_000)
    await expect(alert.locator("a").first).to_have_attribute("href", re.compile("^http://127"))
    await page.fill("#text", "/digest now")
    await page.keyboard.press("Enter")
    await expect(page.locator(".row.in", has_text="The last 24 hours").first).to_be_visible()
