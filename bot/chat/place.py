"""A location that somebody shares: used once for the time zone, and not kept."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

from bot.chat.choices import save_choices
from bot.chat.keyboards import button
from bot.chat.visit import Visit
from bot.chat.zones import find_zone

_log = logging.getLogger(__name__)

# In a process that ends: the borders of the zones take 34 MB. Where somebody is comes by its
# standard input, which no list of processes shows.
_FIND = "import json, sys, tzfpy; print(tzfpy.get_tz(*json.load(sys.stdin)))"
_MAY_TAKE_S = 10.0


async def take_place(visit: Visit, latitude: float, longitude: float) -> None:
    """Set the time zone by where somebody is, and say so; nothing of the place is kept."""
    zone = await _find_zone_at(latitude, longitude)
    if zone is None:
        await visit.answer(
            visit.texts.say(
                "I could not tell the time zone from this place, and have not kept it. Type a "
                "city: <code>/timezone Yerevan</code>"
            )
        )
        return
    subscriber = await save_choices(
        visit, await visit.open_subscriber(), zone=zone, zone_chosen=True
    )
    await visit.answer(
        visit.texts.say(
            "Your time zone is <b>{zone}</b>; it is {time} there now. The place itself is not "
            "kept.",
            zone=visit.texts.zone_name(subscriber.zone),
            time=visit.texts.time(visit.now, subscriber.zone),
        ),
        [[button(visit.texts.say("Next ›"), "setup:reads")]],
    )


async def _find_zone_at(latitude: float, longitude: float) -> str | None:
    """Return the IANA zone of a place by tzfpy (github.com/ringsaturn/tzfpy); None for none."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", _FIND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_MAY_TAKE_S):
            found, _ = await process.communicate(json.dumps([longitude, latitude]).encode())
    except TimeoutError:
        process.kill()
        _log.warning("zone_not_found", extra={"reason": "timeout"})
        return None
    return find_zone(found.decode().strip())
