"""Why a feed or feeds.yaml could not be had, in an operator's language."""

from __future__ import annotations

import re

from markupsafe import Markup

from bot.delivery.split import cut
from bot.errors import ConfigError, FeedError, FeedUnreached
from bot.texts import Texts

_SHOWN = 300
_STATUS = re.compile(r"\bHTTP (\d{3})\b")


def say_feed_error(error: FeedError | ConfigError, texts: Texts) -> Markup:
    """Return what is wrong, and in brackets how the log says it."""
    if isinstance(error, ConfigError):
        return texts.say(
            "feeds.yaml was not changed: {why}", why=cut(str(error.problems[0]), _SHOWN)
        )
    return say_reason(error.reason, texts, _SHOWN)


def say_reason(reason: str, texts: Texts, shown: int) -> Markup:
    """Return why a feed could not be had, and in brackets the reason as it is kept."""
    return Markup("{} ({})").format(_say(reason, texts), cut(reason, shown))


def _say(reason: str, texts: Texts) -> Markup:
    status = _STATUS.search(reason)
    if reason.startswith(FeedUnreached.PREFIX):
        return texts.say("no server was reached; perhaps this machine is offline")
    if status is not None and status[1] == "410":
        return texts.say("its server says that it is gone for good")
    if status is not None and status[1] == "429":
        return texts.say("its server wants to be left alone for now")
    if status is not None:
        return texts.say("its server refused with status {status}", status=status[1])
    if "lists nothing" in reason:
        return texts.say("it is a feed and lists nothing")
    if "is private" in reason or "is a private address" in reason:
        return texts.say("its address is inside a private network")
    if "no whole answer" in reason:
        return texts.say("its server did not answer in time")
    if "is no address" in reason or "an address" in reason:
        return texts.say("that is no address of a feed")
    if "no feed found" in reason:
        return texts.say("there is no feed there")
    return texts.say("it cannot be read")
