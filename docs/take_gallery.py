"""Takes docs/gallery: each main message at phone size, in three languages, by using the demo.

    python docs/take_gallery.py [NAME ...]

Chromium is SAHMAN_CHROMIUM, or what PATH holds. With names, only these are written.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, async_playwright
from take_screenshots import launch, start_demo, stop_demo

_FOLDER = Path(__file__).parent / "gallery"
#: A phone's width; so high that the longest message stands in it as a whole.
_PHONE = {"width": 390, "height": 2400}
_PEOPLE = {"hy": 101, "ru": 102, "en": 103}
_WORDS = {
    "hy": {"border": "սահման", "goris": "Գորիս", "none": "թռչնագրիպ", "now": "հիմա"},
    "ru": {"border": "граница", "goris": "Горис", "none": "птичий грипп", "now": "сейчас"},
    "en": {"border": "border", "goris": "Goris", "none": "bird flu", "now": "now"},
}
#: What is typed, under the name of its picture; {border} and the like are words of the language.
_TYPED = {
    "add": "/add {goris}",
    "keywords": "/keywords",
    "latest": "/latest {border}",
    "search-none": "/search {none}",
    "digest": "/digest {now}",
    "noreport": "/noreport {none}",
    "sources": "/sources",
    "trends": "/trends {border}",
    "settings": "/settings",
    "quiet": "/quiet 23:00-07:00",
    "pause": "/pause 8h",
    "resume": "/resume",
    "share": "/share",
    "export": "/export",
    "privacy": "/privacy",
    "help": "/help",
}
#: Nobody types faster than that, and whoever does is answered no more for a while.
_BREATH_MS = 1_500


@dataclass
class Camera:
    """One person's page, and which pictures are wanted of it."""

    page: Page
    language: str
    wanted: Collection[str]

    @property
    def answer(self) -> Locator:
        """What came next after what was typed last: alerts may come in between."""
        return self.page.locator(".row.out").last.locator(
            "xpath=following-sibling::li[contains(@class, 'in')][1]"
        )

    async def take(self, name: str, row: Locator | None = None) -> None:
        """Save a picture of a message, by default of the answer to what was typed last."""
        await self.page.wait_for_timeout(_BREATH_MS)
        if self.wanted and name not in self.wanted:
            return
        shown = row or self.answer
        picture = Image.open(io.BytesIO(await shown.screenshot(animations="disabled")))
        few = picture.convert("RGB").quantize(64)
        few.save(_FOLDER / f"{name}-{self.language}.png", optimize=True)

    async def tap(self, data: str) -> None:
        """Tap the button of the answer that carries this."""
        await self.answer.locator(f'.key[data-data="{data}"]').click()
        await self.page.wait_for_timeout(_BREATH_MS)

    async def type(self, text: str) -> None:
        """Type a message, and wait for what is answered."""
        said = self.page.locator(".row.out")
        before = await said.count()
        await self.page.fill("#text", text)
        await self.page.keyboard.press("Enter")
        await said.nth(before).wait_for()
        await self.answer.wait_for()


async def main(wanted: Collection[str]) -> None:
    """Take every picture, or those that are wanted."""
    demo, address = await start_demo(every_s=6)
    try:
        async with async_playwright() as playwright:
            browser = await launch(playwright)
            pages = {each: await browser.new_page(viewport=_PHONE) for each in _PEOPLE}
            await asyncio.gather(
                *(
                    _use(Camera(page, language, wanted), f"{address}/#{_PEOPLE[language]}")
                    for language, page in pages.items()
                )
            )
            await browser.close()
    finally:
        await stop_demo(demo)


async def _use(camera: Camera, address: str) -> None:
    await camera.page.goto(address)
    await camera.page.click("#start")
    await camera.page.locator('.key[data-data="ready:0"]').wait_for()
    await camera.take("start")
    await camera.tap("ready:0")
    await camera.tap("setup:region")
    await camera.take("start-region")
    for name, data in {
        "start-when": "setup:when",
        "start-where": "setup:when:1",
        "start-reads": "setup:where:Asia/Yerevan",
    }.items():
        await camera.tap(data)
        await camera.take(name)
    await camera.tap("setup:done")
    await camera.take("start-done")
    digests = camera.page.locator(".row.in", has_text="📰")
    await camera.take("start-sample", digests.first)
    # The story that many print, once it has grown: with who denies it and who tells it.
    grown = camera.page.locator(".row.in", has_text="❗️").filter(has_text="👥 4").first
    await grown.wait_for(timeout=240_000)
    await camera.take("alert", grown)
    await grown.locator('.key[data-data="alert:mute"]').click()
    await camera.take("alert-mute", grown)
    await grown.locator('.key[data-data="alert:back"]').click()
    await grown.locator('.key[data-data="alert:why"]').click()
    await camera.take("why", camera.page.locator(".row.in:not(:has(.key))").last)
    for name, text in _TYPED.items():
        await camera.type(text.format(**_WORDS[camera.language]))
        if name == "trends":
            picture = camera.page.locator(".row.in:has(img.photo)")
            await picture.wait_for()
            await camera.take(name, picture)
            continue
        await camera.take(name)
        if name == "keywords":
            await camera.answer.locator(".key").first.click()
            await camera.take("keyword")
        if name == "settings":
            for section in ("alerts", "digest"):
                await camera.tap(f"set:{section}")
                await camera.take(f"settings-{section}")
                await camera.tap("set:")


def write_index() -> None:
    """Write a page that shows the pictures side by side, in the order in which they are met."""
    lines = ["# What people see", "", "Each main message at phone size, taken from the demo by "
             "`python docs/take_gallery.py`.", "", "| հայերեն | русский | English |",
             "| --- | --- | --- |"]  # fmt: skip
    for name in sorted({each.stem.rpartition("-")[0] for each in _FOLDER.glob("*.png")}):
        cells = (f"![{name}]({name}-{language}.png)" for language in _PEOPLE)
        lines.append(f"| {' | '.join(cells)} |")
    (_FOLDER / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _FOLDER.mkdir(exist_ok=True)
    asyncio.run(main(sys.argv[1:]))
    write_index()
