"""Links that somebody sends: what is known of the page, or of whoever publishes it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from bot.chat.visit import Visit
from bot.chat.why import find_address, why
from bot.delivery.split import cut
from bot.feeds.links import canonical_link, same_address

_SHOWN = 80


async def explain_article(visit: Visit, text: str) -> str:
    """Tell of the article whose address is in a text; return its headline, "" if none was read."""
    address = find_address(text)
    if not address:
        return ""
    item = await visit.storage.reasons.find_by_address(same_address(canonical_link(address)))
    reason = await visit.storage.reasons.load_of_item(visit.reader.id, item) if item else None
    if reason is None:
        return ""
    await why(replace(visit, words=address))
    return next(each.item.title for each in reason.story.tellings if each.item.id == item)


async def explain_site(visit: Visit, text: str) -> bool:
    """Say whether the site of the address in a text is read; False where there is no address."""
    address = find_address(text)
    if not address:
        return False
    publisher = await _find_publisher(visit, address)
    if publisher:
        await visit.answer(
            visit.texts.say(
                "I read <b>{publisher}</b>, but not this page, or not yet: it has to be in its "
                "feed. Follow a word, and I write as soon as it prints it: "
                "<code>/add border</code>",
                publisher=cut(publisher, _SHOWN),
            )
        )
        return True
    await visit.answer(
        visit.texts.say(
            "I do not read this site. Whose news I read: /sources. Others are added by whoever "
            "runs this bot. You can follow a word wherever it is printed: <code>/add border</code>"
        )
    )
    return True


async def _find_publisher(visit: Visit, address: str) -> str:
    """Return the publisher one of whose feeds is at the host of an address, or above it."""
    try:
        host = (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    by_host = await visit.storage.feeds.load_publishers_by_host()
    parts = host.split(".")
    hosts = (".".join(parts[start:]) for start in range(len(parts) - 1))
    return next((by_host[each] for each in hosts if each in by_host), "")
