"""How feeds do: each by itself, and those of one country or language together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.errors import FeedUnreached
from bot.feeds.rhythm import is_quiet
from bot.model import FeedHealth, FeedState, Outage

#: One failure is a hiccup.
_FAILING_TIMES = 2
#: Who has been away for longer went alone, long ago: no part of what happens now.
_TOGETHER = timedelta(hours=48)
_FEWEST_DOWN = 2
_FEWEST_TOTAL = 3
#: Of one feed, nobody can say whether it is away or we are.
_FEWEST_OFFLINE = 2
_SHARE_DOWN = 0.3
_SHARE_ALL = 0.9
_NOT_ASKED = (FeedState.OFF, FeedState.GONE, FeedState.NEW)
#: Of all sources together: then it is not their news that is rare.
_LONGEST_PAUSE = timedelta(hours=2)


def judge_health(feed: FeedHealth) -> FeedState:
    """Return how a feed does, as of its last poll."""
    if not feed.enabled:
        return FeedState.OFF
    if feed.gone_at is not None:
        return FeedState.GONE
    if feed.polled_at is None:
        return FeedState.NEW
    if feed.failures:
        return FeedState.FAILING
    # Up to the last answer: while we were away, nobody can say that it was silent.
    if feed.last_success_at is not None and is_quiet(feed.rhythm, feed.last_success_at):
        return FeedState.QUIET
    return FeedState.WORKING


def find_outages(
    feeds: Iterable[FeedHealth], now: datetime, before: Iterable[Outage] = ()
) -> list[Outage]:
    """Return where several sources bring nothing together, the worst first.

    When hardly any source of any kind answers, that is one outage: `all`. What was an outage
    *before* goes on until they answer, however long that is.
    """
    # Who was away when an outage began is part of it for as long as it goes on.
    away_since = {each.about: min(now, each.since) - _TOGETHER for each in before}
    groups: dict[str, list[FeedHealth]] = defaultdict(list)
    for feed in feeds:
        if judge_health(feed) in _NOT_ASKED:
            continue
        groups["all"].append(feed)
        groups[f"country:{feed.publisher.country}"].append(feed)
        if feed.language in ("hy", "ru", "en"):
            groups[f"language:{feed.language}"].append(feed)
    lately = now - _TOGETHER
    everything = _judge_group("all", groups.pop("all", []), away_since.get("all", lately))
    if everything is not None and everything.down >= _SHARE_ALL * everything.total:
        return [everything]
    found = (
        _judge_group(about, group, away_since.get(about, lately)) for about, group in groups.items()
    )
    outages = [outage for outage in found if outage is not None]
    # Of a country and its language, the one that says more.
    return sorted(outages, key=lambda each: (-each.down, -each.down / each.total, each.about))


def find_offline(feeds: Iterable[FeedHealth]) -> str:
    """Return how none of several feeds could be reached, the last time each was asked; or ""."""
    asked = [feed for feed in feeds if judge_health(feed) not in _NOT_ASKED]
    reasons = [feed.error for feed in asked if feed.failures]
    return find_unreached(reasons) if len(reasons) == len(asked) else ""


def find_unreached(reasons: Sequence[str]) -> str:
    """Return the reason of one of several that were not reached, if none of them was; or ""."""
    unreached = all(reason.startswith(FeedUnreached.PREFIX) for reason in reasons)
    if len(reasons) < _FEWEST_OFFLINE or not unreached:
        return ""
    return reasons[0].removeprefix(FeedUnreached.PREFIX)


def are_heard(feeds: Iterable[FeedHealth], outages: Iterable[Outage], now: datetime) -> bool:
    """Say whether sources are heard: half of those that answer at all do, and not long ago."""
    if any(
        outage.about == "all" and outage.down >= _SHARE_ALL * outage.total for outage in outages
    ):
        return False
    asked = [feed for feed in feeds if judge_health(feed) not in _NOT_ASKED]
    answering = [feed for feed in asked if not feed.failures]
    # Who has been away for days says nothing of now.
    lately = [feed for feed in asked if feed.failures and _was_heard_since(feed, now - _TOGETHER)]
    return len(answering) >= len(lately) and any(
        _was_heard_since(feed, now - _LONGEST_PAUSE) for feed in answering
    )


def _was_heard_since(feed: FeedHealth, since: datetime) -> bool:
    return feed.last_success_at is not None and feed.last_success_at >= since


def _judge_group(about: str, feeds: Sequence[FeedHealth], away_since: datetime) -> Outage | None:
    down = [feed for feed in feeds if _is_down(feed, away_since)]
    enough = max(_FEWEST_DOWN, _SHARE_DOWN * len(feeds))
    if len(feeds) < _FEWEST_TOTAL or len(down) < enough:
        return None
    failing = [feed for feed in down if feed.failures]
    # What is said of all of them must be true of each: since the last of them was heard.
    heard = [feed.last_success_at if feed.failures else feed.last_new_at for feed in down]
    return Outage(
        about=about,
        since=max(at for at in heard if at is not None),
        down=len(down),
        total=len(feeds),
        quiet=not failing,
    )


def _is_down(feed: FeedHealth, away_since: datetime) -> bool:
    if feed.failures:
        heard = feed.last_success_at
        return feed.failures >= _FAILING_TIMES and heard is not None and heard >= away_since
    return (
        feed.last_new_at is not None
        and feed.last_new_at >= away_since
        and judge_health(feed) is FeedState.QUIET
    )
