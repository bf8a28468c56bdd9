"""The operator's page in a real browser: on a phone, live, dark and light, and for everybody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from bot.storage import Storage
from bot.storage.tables import feed, keyword, surge
from bot.web import facts, live
from tests.samples import (
    NOW,
    change_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)
from tests.web.conftest import PAGE_TOKEN, Operator, opened, secret

pytestmark = pytest.mark.browser

_AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
_LONG = "Hydrometeorologicalserviceofarmeniawarnsofheavyrainandhailinlori" * 2
_FEEDS = """\
publishers:
  Herald: {country: AM, kind: private}
feeds:
  - {name: alpha, url: "http://127.0.0.1:1/a", publisher: Herald, language: hy, allow_private: true}
  - {name: beta, url: "http://127.0.0.1:1/b", publisher: Herald, language: ru, allow_private: true}
"""


@pytest.fixture
async def operator(
    sqlite_storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Operator]:
    """A page with something in each of its parts."""
    for kept in ("_PULSE_KEPT_S", "_OVERVIEW_KEPT_S", "_KEPT_TIMES"):
        monkeypatch.setattr(facts, kept, 0.0)
    monkeypatch.setattr("bot.web.page._PART_KEPT_S", 0.0)
    monkeypatch.setattr(live, "_LOOK_EVERY_S", 0.1)
    source = await open_feed(sqlite_storage, "alpha")
    reader = await open_chat(sqlite_storage)
    await follow(sqlite_storage, reader, "border")
    await take_in(
        sqlite_storage,
        source,
        new_item("Six killed on the border", gravity=3),
        new_item(_LONG, published_at=NOW - timedelta(hours=3)),
    )
    await expand(sqlite_storage)
    (followed,) = rows_of(sqlite_storage, keyword)
    with sqlite_storage.database.engine.begin() as connection:
        connection.execute(
            surge.insert().values(
                keyword_id=followed["id"], at=NOW - timedelta(hours=2), stories=9, families=4,
                usual=1.0, left_out=0, owing=False,
            )
        )  # fmt: skip
    (tmp_path / "feeds.yaml").write_text(_FEEDS)
    async with opened(sqlite_storage, tmp_path, page_token=secret()) as found:
        change_rows(sqlite_storage, feed, failures=2, error=f"HTTP 503 {_LONG}")
        yield found


@pytest.fixture(params=["light", "dark"])
async def context(
    request: pytest.FixtureRequest, browser: Browser, operator: Operator
) -> AsyncIterator[BrowserContext]:
    """A phone; whatever it asks of another host fails the test, and any error in the console."""
    opened = await browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme=request.param, locale="en-GB",
        is_mobile=True, has_touch=True,
    )  # fmt: skip
    opened.set_default_timeout(10_000)
    strayed: list[str] = []

    async def keep_here(route: Route) -> None:
        if route.request.url.startswith(operator.url + "/"):
            await route.continue_()
        else:
            strayed.append(route.request.url)
            await route.abort()

    await opened.route("**/*", keep_here)
    yield opened
    await opened.close()
    assert strayed == []


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page of that phone."""
    opened = await context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    yield opened
    await opened.close()
    # The browser tells the console of a page that asks for a login, and of what a test cut off.
    expected = ("401", "net::ERR_FAILED")
    assert [each for each in errors if not any(said in each for said in expected)] == []


async def _enter(page: Page, operator: Operator, language: str = "en") -> None:
    await page.goto(f"{operator.url}/?lang={language}")
    await page.fill("#token", PAGE_TOKEN)
    await page.press("#token", "Enter")
    await expect(page.locator("#verdict h1")).to_be_visible()


async def _faults(page: Page) -> list[Any]:
    """Return what axe finds serious or critical."""
    await page.evaluate(await asyncio.to_thread(_AXE.read_text, encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate("axe.run().then(r => r.violations)")
    return [
        (each["id"], each["impact"], [node["html"] for node in each["nodes"]][:3])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


async def _is_wider_than_the_phone(page: Page) -> bool:
    script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(await page.evaluate(script))


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
async def test_it_fits_a_phone_and_serves_everybody(
    page: Page, operator: Operator, language: str, request: pytest.FixtureRequest
) -> None:
    await page.goto(f"{operator.url}/?lang={language}")
    assert await _faults(page) == [], "asking for the token"
    await _enter(page, operator, language)
    await expect(page.locator("html")).to_have_attribute("data-live", "on")
    assert not await _is_wider_than_the_phone(page)
    assert await _faults(page) == []
    await page.locator("#feeds a").first.click()
    await expect(page.locator(".told")).to_be_visible()
    assert not await _is_wider_than_the_phone(page)
    assert await _faults(page) == []


async def test_what_changes_is_seen_without_loading_again_and_nothing_else_moves(
    page: Page, operator: Operator, sqlite_storage: Storage
) -> None:
    await _enter(page, operator)
    await expect(page.locator("#verdict h1")).to_have_class("bad")
    await page.locator("#feeds summary").first.click()
    await expect(page.locator("#group-1")).not_to_have_attribute("open", "")
    link = page.locator("#feeds summary").first
    await link.focus()
    change_rows(sqlite_storage, feed, failures=0, error="")
    await expect(page.locator("#verdict h1")).to_have_text("Sahman works.")
    await expect(page.locator("#group-1")).not_to_have_attribute("open", "")
    await expect(page.locator("#feeds summary").first).to_be_focused()


async def test_a_feed_is_switched_off_and_on(page: Page, operator: Operator) -> None:
    await _enter(page, operator)
    await page.get_by_role("button", name="Switch off: alpha").click()
    await expect(page.locator("#feeds summary").last).to_have_text("off: 1")
    assert re.search(r"name: alpha.*enabled: false", operator.feeds.read_text())
    await page.locator("#feeds summary").last.click()
    await page.get_by_role("button", name="Switch on: alpha").click()
    await expect(page.get_by_role("button", name="Switch off: alpha")).to_be_visible()


async def test_a_page_whose_server_went_says_so(page: Page, operator: Operator) -> None:
    await _enter(page, operator)
    await expect(page.locator("#connection .on")).to_be_visible()
    await page.route("**/live", lambda route: route.abort())
    await page.reload()
    await expect(page.locator("#connection .off")).to_be_visible()
