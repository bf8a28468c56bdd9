"""How it is said on which days a digest comes."""

from __future__ import annotations

from markupsafe import Markup

from bot.delivery.digest_plan import WORKDAYS
from bot.model import EVERY_DAY
from bot.texts import Texts

#: So many digests a day, no more.
MOST_HOURS = 6


def say_digest_days(days: str, texts: Texts) -> Markup:
    """Return on which days a digest comes."""
    if days == EVERY_DAY:
        return texts.say("every day")
    if days == WORKDAYS:
        return texts.say("Monday to Friday")
    return Markup(", ").join([texts.weekday(int(day)) for day in days])
