"""Links that somebody sends: what is known of the page, or of whoever publishes it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from bot.chat.visit import Visit
from bot.chat.why import find_address, why
from bot.delivery.split import cut
from bot.feeds.links import canonical_link, same_address

_SHOWN = 80


async def explain_link(visit: Visit, text: str, *, alone: bool) -> bool:
    """Say what is known of the address in a text; False where there is none, or nothing is known.

    Where it does not stand *alone*, only an article that was read is told of.
    """
    address = find_address(text)
    if not address:
        return False
    found = await visit.storage.reasons.find_by_address(same_address(canonical_link(address)))
    if found is not None:
        await why(replace(visit, words=address))
        return True
    if not alone:
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
