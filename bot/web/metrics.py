"""The metrics of one process for Prometheus: what it counts itself, and what the database says.

Names and labels follow https://prometheus.io/docs/practices/naming/. A label's values are bounded:
feeds by feeds.yaml, everything else by an enumeration; never a chat, a subscriber or a keyword.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bot import __version__
from bot.delivery.readiness import Trouble
from bot.feeds.health import judge_health
from bot.model import DeliveryKind, FeedHealth, FeedState, Outgoing, PollResult, Readers
from bot.storage.deliveries import Fate, Outcome
from bot.web.facts import Facts

_OPEN = "application/openmetrics-text; version=1.0.0"
_LAG_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_UPDATE_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_MEASURE_EVERY_S = 1.0

# When each series began would double them, and Prometheus finds resets by itself.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Counts what one process does; `write` adds what the database says."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        ProcessCollector(registry=registry)
        Info("sahman_build", "The version that runs.", registry=registry).info(
            {"version": __version__}
        )
        self._polls = Counter(
            "sahman_polls", "Polls of this process, by how they ended.", ["fate"], registry=registry
        )
        self._items = Counter(
            "sahman_new_items", "New items that its polls stored.", registry=registry
        )
        self._matches = Counter(
            "sahman_matches", "Matches of new items with keywords.", registry=registry
        )
        self._sends = Counter(
            "sahman_sends",
            "Attempts of this process to send, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._updates = Histogram(
            "sahman_update_duration_seconds",
            "How long one of Telegram's updates took to be dealt with.",
            buckets=_UPDATE_S,
            registry=registry,
        )
        self._lag = Histogram(
            "sahman_event_loop_lag_seconds",
            "How much later than due the event loop came to a timer.",
            buckets=_LAG_S,
            registry=registry,
        )
        self.streams = Gauge(
            "sahman_page_streams", "Pages open that are kept live.", registry=registry
        )
        # From the first scrape on there is a rate of each.
        for fate in ("new", "unchanged", "failed"):
            self._polls.labels(fate)
        for outcome in Fate:
            self._sends.labels(outcome.name.lower())
        self._kept = _Kept()
        registry.register(self._kept)

    def note_poll(self, result: PollResult) -> None:
        """Count how a poll ended."""
        fate = "failed" if result.failed else "new" if result.items else "unchanged"
        self._polls.labels(fate).inc()
        self._items.inc(len(result.items))
        self._matches.inc(result.matches)

    def note_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Count what became of attempts to send."""
        for outcome in outcomes:
            self._sends.labels(outcome.fate.name.lower()).inc()

    def note_update(self, took_s: float) -> None:
        """Count how long an update took."""
        self._updates.observe(took_s)

    async def measure_loop(self) -> None:
        """Measure for ever how late the event loop comes to its timers."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _MEASURE_EVERY_S
            await asyncio.sleep(_MEASURE_EVERY_S)
            self._lag.observe(max(0.0, loop.time() - due_s))

    def write(self, facts: Facts, accept: str) -> tuple[bytes, str]:
        """Return everything in the form that was asked for, and its content type."""
        self._kept.facts = facts
        # Of what is asked for, the form alone: the library breaks on a version that is no number.
        encode, content_type = choose_encoder(_OPEN if "openmetrics" in accept else "")
        return encode(self.registry), content_type


class _Kept(Collector):
    """What the database says. Of several processes on one, each says the same: take the max."""

    def __init__(self) -> None:
        self.facts: Facts | None = None

    def describe(self) -> Iterable[Metric]:
        # Nothing is asked of it when it is registered: there is nothing to say yet.
        return []

    def collect(self) -> Iterator[Metric]:
        facts = self.facts
        if facts is None:
            return
        yield _one("sahman_ready", "Whether everything works (see /readyz).", not facts.troubles)
        yield _by(
            "sahman_trouble", "Whether this keeps Sahman from its work.", "trouble",
            ((str(each), float(each in facts.troubles)) for each in Trouble),
        )  # fmt: skip
        answered = facts.telegram.answered_at
        if answered is not None:
            name = "sahman_telegram_last_answer_timestamp_seconds"
            yield _one(name, "When Telegram last answered this process.", answered.timestamp())
        pulse = facts.pulse
        if pulse is not None:
            if pulse.last_poll_at is not None:
                name = "sahman_last_poll_timestamp_seconds"
                yield _one(name, "When any feed was last asked.", pulse.last_poll_at.timestamp())
            if pulse.last_sent_at is not None:
                name = "sahman_last_send_timestamp_seconds"
                yield _one(name, "When a message last went out.", pulse.last_sent_at.timestamp())
            name = "sahman_oldest_waiting_seconds"
            yield _one(name, "How long the oldest sendable message has waited.", pulse.waiting_s)
            name = "sahman_sending_paused_seconds"
            yield _one(name, "For how long Telegram wants nothing more.", pulse.paused_s)
            yield _one("sahman_send_rate", "Messages a second that may leave.", facts.rate)
        overview = facts.overview
        if overview is not None:
            yield from _of_feeds(overview.feeds)
            yield _by(
                "sahman_feed_fates", "What became of items of today and yesterday (UTC).", "fate",
                _sum_fates(facts),
            )  # fmt: skip
            yield from _of_outgoing(overview.outgoing)
            yield from _of_readers(overview.readers)
            name = "sahman_outages"
            yield _one(name, "Countries or languages whose feeds fail together.",
                       len(overview.outages))  # fmt: skip
            name = "sahman_unreached_operators"
            said = "Operators who have not written to the bot, so that it cannot tell them."
            yield _one(name, said, overview.unreached_operators)


def _of_feeds(feeds: Sequence[FeedHealth]) -> Iterator[Metric]:
    states = [judge_health(feed) for feed in feeds]
    yield _by(
        "sahman_feeds", "Feeds by how they do.", "state",
        ((str(each), float(states.count(each))) for each in FeedState),
    )  # fmt: skip
    asked = [feed for feed in feeds if feed.enabled]
    yield _by(
        "sahman_feed_last_success_timestamp_seconds", "When a feed last answered.", "feed",
        ((f.name, f.last_success_at.timestamp()) for f in asked if f.last_success_at),
    )  # fmt: skip
    yield _by(
        "sahman_feed_last_new_timestamp_seconds", "When a feed last brought a new item.", "feed",
        ((f.name, f.last_new_at.timestamp()) for f in asked if f.last_new_at),
    )  # fmt: skip
    yield _by(
        "sahman_feed_failures", "How often in a row a feed has failed.", "feed",
        ((f.name, float(f.failures)) for f in asked),
    )  # fmt: skip
    yield _by(
        "sahman_feed_delay_seconds", "From printed to seen, the median of its last items.", "feed",
        ((f.name, f.delay_s) for f in asked if f.delay_s is not None),
    )  # fmt: skip


def _of_outgoing(outgoing: Outgoing) -> Iterator[Metric]:
    yield _by(
        "sahman_owed_deliveries", "Messages that are owed.", "kind",
        ((kind.name.lower(), float(outgoing.owed.get(kind, 0))) for kind in DeliveryKind),
    )  # fmt: skip
    name = "sahman_deferred_deliveries"
    yield _one(name, "Of those owed, what was tried already.", outgoing.deferred)
    yield _by(
        "sahman_day_deliveries", "What became of messages within 24 hours.", "state",
        [("sent", float(outgoing.sent)), ("doubtful", float(outgoing.doubtful)),
         ("cancelled", float(outgoing.cancelled)), ("given_up", float(outgoing.given_up))],
    )  # fmt: skip
    shares = (("0.5", outgoing.p50_s), ("0.95", outgoing.p95_s))
    yield _by(
        "sahman_alert_delay_seconds", "From published to delivered, of the day's last alerts.",
        "quantile", ((share, took_s) for share, took_s in shares if took_s is not None),
    )  # fmt: skip


def _of_readers(readers: Readers) -> Iterator[Metric]:
    yield _by(
        "sahman_subscribers", "Subscribers, groups among them.", "state",
        [("active", float(readers.active)), ("paused", float(readers.paused)),
         ("away", float(readers.away))],
    )  # fmt: skip
    yield _one("sahman_keywords", "Keywords that anybody follows.", readers.keywords)


def _sum_fates(facts: Facts) -> list[tuple[str, float]]:
    totals: dict[str, float] = {}
    for fates in facts.overview.fates.values() if facts.overview else ():
        for fate, count in fates.items():
            totals[fate] = totals.get(fate, 0) + count
    return sorted(totals.items())


def _one(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=float(value))


def _by(name: str, said: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=[label])
    for of, value in values:
        family.add_metric([of], value)
    return family
