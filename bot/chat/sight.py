"""What a visitor is told of whether the news can be seen at all."""

from __future__ import annotations

from markupsafe import Markup

from bot.chat.visit import Visit
from bot.delivery.sight import say_blindness


async def look_out(visit: Visit) -> Markup:
    """Return the line that says what cannot be seen of the news now; nothing where all is well."""
    sight = await visit.storage.health.load_sight()
    return say_blindness(sight, visit.reader.zone, visit.texts, visit.now)
