"""Takes the README's pictures: runs the demo, uses it in headless Chromium, saves PNG files.

    python docs/take_screenshots.py

Chromium is SAHMAN_CHROMIUM, or what PATH holds.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, Playwright, async_playwright

_FOLDER = Path(__file__).parent / "pictures"
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
_PHONE = {"width": 390, "height": 844}
_DESKTOP = {"width": 1180, "height": 800}
_ANI, _MIKHAIL = 101, 102


async def main() -> None:
    """Take every picture."""
    demo, address = await start_demo(every_s=3)
    try:
        async with async_playwright() as playwright:
            browser = await launch(playwright)
            await _take_phone(browser, address, _ANI, "սահման", "phone-hy")
            await _take_desktop(browser, address)
            await browser.close()
    finally:
        await stop_demo(demo)


async def start_demo(every_s: int) -> tuple[asyncio.subprocess.Process, str]:
    """Start the demo, with a piece of news so often; return it and its address."""
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--every-s", str(every_s),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    return demo, await _read_address(demo)


async def stop_demo(demo: asyncio.subprocess.Process) -> None:
    """End the demo."""
    demo.terminate()
    await demo.wait()


async def launch(playwright: Playwright) -> Browser:
    """Start Chromium, without a window."""
    chromium = os.environ.get("SAHMAN_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("no Chromium: install Debian's chromium, or set SAHMAN_CHROMIUM")
    return await playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS.split())


async def _read_address(demo: asyncio.subprocess.Process) -> str:
    if demo.stdout is None:
        raise RuntimeError("the demo's output is not read")
    async for line in demo.stdout:
        _, found, rest = line.decode().partition("demo is at ")
        if found:
            return rest.split()[0]
    raise RuntimeError("the demo ended before it said where it is")


async def _take_phone(browser: Browser, address: str, person: int, word: str, name: str) -> None:
    page = await browser.new_page(viewport=_PHONE, device_scale_factor=2)
    await _begin(page, address, person, word)
    # The story that many print, once it has grown: with who denies it and who tells it.
    grown = page.locator(".row.in", has_text="❗️").filter(has_text="👥 4")
    await grown.first.wait_for(timeout=150_000)
    await page.wait_for_timeout(700)
    await grown.first.evaluate("row => row.scrollIntoView({block: 'start'})")
    await page.wait_for_timeout(700)
    await page.screenshot(path=_FOLDER / f"{name}.png")
    await page.close()


async def _take_desktop(browser: Browser, address: str) -> None:
    page = await browser.new_page(viewport=_DESKTOP, device_scale_factor=2)
    await _begin(page, address, _MIKHAIL, "граница")
    await page.locator(".row.in", has_text="🔔").first.wait_for(timeout=60_000)
    await page.fill("#text", "/digest сейчас")
    await page.keyboard.press("Enter")
    await page.locator(".row.in", has_text="📰").last.wait_for()
    await page.wait_for_timeout(700)
    await page.screenshot(path=_FOLDER / "desktop-ru.png")
    await page.close()


async def _begin(page: Page, address: str, person: int, word: str) -> None:
    await page.goto(f"{address}/#{person}")
    await page.click("#start")
    await page.locator(".key", has_text=f"+ {word}").click()


if __name__ == "__main__":
    _FOLDER.mkdir(exist_ok=True)
    asyncio.run(main())
