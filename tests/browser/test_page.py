"""The demo's chat page in a real browser, with a bot that follows a script."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from bot.demo.bot_api import BotApi
from tests.browser.conftest import ScriptedBot

pytestmark = pytest.mark.browser

ANI, MIKHAIL, LENA = 101, 102, 103


async def _open(page: Page, api: BotApi, person: int = ANI) -> None:
    await page.goto(f"{api.url}/#{person}")
    await page.wait_for_selector("body[data-ready]")


async def test_a_newcomer_starts_taps_and_sees_the_message_change(
    page: Page, api: BotApi, bot: ScriptedBot
) -> None:
    """Start, a keyboard, a toast, an edit in place, an alert."""
    await _open(page, api)
    await expect(page.locator("#empty")).to_contain_text("Գրում եմ")
    await page.click("#start")
    await page.locator(".key", has_text="Ջնջել").click()
    await expect(page.locator("#alert-text")).to_have_text("took erase")
    await page.keyboard.press("Enter")
    await page.locator(".key", has_text="սահման").click()
    await expect(page.locator("#toast")).to_have_text("took border")
    bubble = page.locator(".row.in .bubble")
    await expect(bubble).to_have_count(1)
    await expect(bubble).to_contain_text("added: border")
    await expect(bubble).to_contain_text("խմբագրված")
    await expect(page.locator(".key")).to_have_count(0)


async def test_typing_a_slash_offers_the_commands_in_ones_own_language(
    page: Page, api: BotApi, bot: ScriptedBot
) -> None:
    """Arrow and Enter send, Tab completes, the button opens the same list."""
    await _open(page, api, MIKHAIL)
    await page.click("#start")
    text = page.locator("#text")
    await text.press_sequentially("/a")
    options = page.locator("#commands .option")
    await expect(options).to_have_count(1)
    await expect(options).to_contain_text("добавить слово")
    await text.press("Tab")
    await expect(text).to_have_value("/add ")
    await text.fill("")
    await page.click("#menu")
    await expect(options).to_have_count(2)
    await text.press("ArrowUp")
    await text.press("Enter")
    await expect(page.locator(".row.out").last).to_contain_text("/help")


async def test_formatting_is_shown_and_foreign_markup_stays_text(
    page: Page, api: BotApi, bot: ScriptedBot
) -> None:
    """Nothing that a message bears becomes HTML of the page."""
    api.send_text(ANI, "<img src=x onerror=alert(1)>")
    await _open(page, api)
    await expect(page.locator(".row.in strong")).to_have_text("<img src=x onerror=alert(1)>")
    html = (
        '<a href="https://example.org/?a=1&amp;b=2">link <i>in</i></a>'
        " <tg-spoiler>hidden</tg-spoiler> <blockquote>said</blockquote>\n"
        "<code>x</code> 👍 <u>last</u>"
    )
    await bot.ask("sendMessage", chat_id=ANI, text=html, parse_mode="HTML")
    last = page.locator(".row.in").last
    await expect(last.locator("a")).to_have_attribute("href", "https://example.org/?a=1&b=2")
    await expect(last.locator("a")).to_have_attribute("rel", "noopener noreferrer")
    await expect(last.locator("a em")).to_have_text("in")
    await expect(last.locator("blockquote")).to_have_text("said")
    await expect(last.locator("u")).to_have_text("last")
    await last.locator(".spoiler").press("Enter")
    await expect(last.locator(".spoiler")).to_have_class("spoiler shown")
    assert await page.locator(".row img").count() == 0


async def test_others_messages_are_counted_until_one_changes_over(
    page: Page, api: BotApi, bot: ScriptedBot
) -> None:
    """Each of the three has a chat, a language and a draft of their own."""
    await _open(page, api)
    await page.click("#start")
    await page.fill("#text", "draft")
    api.send_text(LENA, "hello")
    badge = page.locator(f"[data-person='{LENA}'] .badge")
    await expect(badge).to_have_text("1")
    await expect(page).to_have_title("(1) Sahman · demo")
    await page.click(f"[data-person='{LENA}']")
    await expect(badge).to_have_count(0)
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator("#text")).to_have_value("")
    await expect(page.locator("#note")).to_contain_text("made up")
    await page.click(f"[data-person='{ANI}']")
    await expect(page.locator("#text")).to_have_value("draft")


async def test_typing_shows_and_the_newest_message_is_in_sight(
    page: Page, api: BotApi, bot: ScriptedBot
) -> None:
    """Unless one scrolled up: then a button counts what came below."""
    for number in range(30):
        api.send_text(ANI, f"line {number}")
    await api.wait_messages(ANI, count=30)
    await _open(page, api)
    await bot.ask("sendChatAction", chat_id=ANI, action="typing")
    await expect(page.locator("#status")).to_have_text("գրում է…")
    await bot.ask("sendMessage", chat_id=ANI, text="newest")
    await expect(page.get_by_text("newest", exact=True).last).to_be_in_viewport()
    await expect(page.locator("#status")).to_have_text("բոտ")
    await page.evaluate("document.getElementById('scroll').scrollTop = 0")
    await expect(page.locator("#down")).to_be_visible()
    await bot.ask("sendMessage", chat_id=ANI, text="unseen")
    await expect(page.locator("#down-count")).to_have_text("1")
    await page.click("#down")
    await expect(page.locator("#log").get_by_text("unseen")).to_be_in_viewport()
    await bot.ask("deleteMessage", chat_id=ANI, message_id=api.messages(ANI)[-1].message_id)
    await expect(page.locator("#log").get_by_text("unseen")).to_have_count(0)


async def test_one_can_block_the_bot_and_take_it_back(
    page: Page, api: BotApi, bot: ScriptedBot
) -> None:
    """And the page never grows wider than a phone."""
    await _open(page, api, LENA)
    await page.click("#start")
    await page.click("#block")
    await expect(page.locator("#start")).to_have_text("Restart the bot")
    await page.click("#start")
    await expect(page.locator("#composer")).to_be_visible()
    await expect(page.locator(".row.in")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert api.strict_faults == []
