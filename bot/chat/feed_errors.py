"""Why a feed or feeds.yaml could not be had, in an operator's language."""

from __future__ import annotations

import re

from markupsafe import Markup

from bot.delivery.split import cut
from bot.errors import (
    ConfigError,
    FeedBusy,
    FeedEmpty,
    FeedError,
    FeedGone,
    FeedUnreached,
)
from bot.texts import Texts

_SHOWN = 300
_STATUS = re.compile(r"\bHTTP (\d{3})\b")


def say_feed_error(error: FeedError | ConfigError, texts: Texts) -> Markup:
    """Return what is wrong, and in brackets how the log says it."""
    if isinstance(error, ConfigError):
        return texts.say(
            "feeds.yaml was not changed: {why}", why=cut(str(error.problems[0]), _SHOWN)
        )
    return Markup("{} ({})").format(_say(error, texts), cut(error.reason, _SHOWN))


def _say(error: FeedError, texts: Texts) -> Markup:
    status = _STATUS.search(error.reason)
    match error:
        case FeedUnreached():
            return texts.say("no server was reached; perhaps this machine is offline")
        case FeedGone():
            return texts.say("its server says that it is gone for good")
        case FeedBusy():
            return texts.say("its server wants to be left alone for now")
        case FeedEmpty():
            return texts.say("it is a feed and lists nothing")
    if status is not None:
        return texts.say("its server refused with status {status}", status=status[1])
    if "is private" in error.reason or "is a private address" in error.reason:
        return texts.say("its address is inside a private network")
    if "no whole answer" in error.reason:
        return texts.say("its server did not answer in time")
    if "is no address" in error.reason or "an address" in error.reason:
        return texts.say("that is no address of a feed")
    if "no feed found" in error.reason:
        return texts.say("there is no feed there")
    return texts.say("it cannot be read")
