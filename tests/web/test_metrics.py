"""/healthz, /readyz and /metrics: what machines are told, and the files made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain
from ruamel.yaml import YAML

from bot.errors import DatabaseError
from bot.model import DeliveryKind, PollResult, Telegram
from bot.storage import Storage, tables
from bot.storage.outcomes import Fate, Outcome
from bot.storage.tables import budget, delivery, feed
from bot.telegram_api.connection import how_reached
from bot.web import facts
from bot.web.facts import FactsDesk
from bot.web.metrics import Metrics
from tests.loopback import Sahman, idle, languages, telegram, until
from tests.samples import (
    NOW,
    change_rows,
    expand,
    follow,
    item,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)
from tests.web.conftest import opened, secret

__all__ = ["idle", "languages", "telegram"]

_ROOT = Path(__file__).parents[2]
_SAHMANS = re.compile(r"\bsahman_\w+")
_OPEN = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no facts."""
    for kept in ("_PULSE_KEPT_S", "_OVERVIEW_KEPT_S", "_KEPT_TIMES"):
        monkeypatch.setattr(facts, kept, 0.0)


async def _write_all(storage: Storage) -> tuple[str, Metrics]:
    """Return the metrics of a Sahman to which everything has happened."""
    source = await open_feed(storage, "alpha")
    reader = await open_chat(storage)
    await follow(storage, reader, "border")
    await take_in(
        storage, source, new_item("Talks on the border", seen_at=NOW + timedelta(minutes=1))
    )
    await expand(storage)
    claim = await storage.deliveries.settle_and_claim((), 5, 25, NOW)
    told = rows_of(storage, tables.item)[-1]["id"]
    outcomes = [
        Outcome(delivery=each, fate=Fate.SENT, message_id=1, told_item=told)
        for each in claim.deliveries
    ]
    assert outcomes
    await storage.deliveries.settle_and_claim(outcomes, 0, 25, NOW)
    change_rows(storage, feed, last_new_at=NOW, last_success_at=NOW)
    metrics = Metrics()
    metrics.note_outcomes(outcomes)
    metrics.note_poll(PollResult("alpha", items=(item(),), matches=1))
    metrics.note_poll(PollResult("alpha", failed="HTTP 500"))
    metrics.note_update(0.2)
    desk = FactsDesk(
        storage.overviews, lambda now: Telegram(answered_at=now), clock=lambda: NOW, rate=25
    )
    body, kind = metrics.write(await desk.load(whole=True), "")
    assert kind.startswith("text/plain")
    return body.decode(), metrics


def _of_ours(text: str) -> dict[str, Metric]:
    return {each.name: each for each in read_plain(text) if each.name.startswith("sahman_")}


async def test_what_happened_is_counted(storage: Storage) -> None:
    text, metrics = await _write_all(storage)
    value = metrics.registry.get_sample_value
    assert value("sahman_polls_total", {"fate": "new"}) == 1
    assert value("sahman_polls_total", {"fate": "failed"}) == 1
    assert value("sahman_new_items_total") == 1
    assert value("sahman_sends_total", {"outcome": "sent"}) == 1
    assert value("sahman_sends_total", {"outcome": "gone"}) == 0
    assert value("sahman_update_duration_seconds_count") == 1
    assert value("sahman_feeds", {"state": "working"}) == 1
    assert value("sahman_subscribers", {"state": "active"}) == 1
    assert value("sahman_owed_deliveries", {"kind": "alert"}) == 0
    assert value("sahman_day_deliveries", {"state": "sent"}) == 1
    assert value("sahman_alert_delay_seconds", {"quantile": "0.5"}) is not None
    assert value("sahman_send_rate") == 25
    assert value("sahman_ready") == 1
    assert 'sahman_feed_failures{feed="alpha"} 0.0' in text


async def test_names_and_labels_follow_the_conventions_and_are_bounded(storage: Storage) -> None:
    text, _ = await _write_all(storage)
    families = _of_ours(text)
    assert len(families) > 20
    for name, family in families.items():
        assert re.fullmatch(r"sahman_[a-z_]+", name)
        assert family.documentation
        labels = {label for sample in family.samples for label in sample.labels}
        assert labels <= {
            "fate", "outcome", "trouble", "state", "feed", "kind", "quantile", "version", "le",
        }, name  # fmt: skip
        for sample in family.samples:
            if family.type == "counter":
                assert sample.name.endswith(("_total", "_created"))
            assert "border" not in str(sample.labels)


async def test_both_forms_can_be_read(sqlite_storage: Storage, tmp_path: Path) -> None:
    await open_feed(sqlite_storage, 'a "quoted" \\ name\nof two lines')
    async with opened(sqlite_storage, tmp_path) as operator:
        _, plain = await operator.get("/metrics")
        assert {"sahman_ready", "sahman_feeds"} <= {each.name for each in read_plain(plain)}
        _, written = await operator.get("/metrics", Accept=_OPEN)
        assert written.endswith("# EOF\n")
        assert {"sahman_ready", "sahman_polls"} <= {each.name for each in read_open(written)}
        odd = "application/openmetrics-text; version=x; escaping=?"
        assert (await operator.get("/metrics", Accept=odd))[0] == 200


async def test_every_metric_is_documented_as_it_is(sqlite_storage: Storage) -> None:
    text, _ = await _write_all(sqlite_storage)
    written = (_ROOT / "docs" / "metrics.md").read_text()
    rows = "\n".join(sorted(_describe(family) for family in _of_ours(text).values()))
    assert rows in written, f"docs/metrics.md should list:\n{rows}"
    assert set(_SAHMANS.findall(written)) <= _known(text)


def _describe(family: Metric) -> str:
    labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
    name = f"{family.name}_total" if family.type == "counter" else family.name
    kind = "gauge" if family.name == "sahman_build_info" else family.type
    return f"| `{name}` | {kind} | {', '.join(labels)} | {family.documentation} |"


def _known(text: str) -> set[str]:
    names = {sample.name for family in _of_ours(text).values() for sample in family.samples}
    return names | set(_of_ours(text))


async def test_dashboard_and_alert_rules_name_only_what_exists(sqlite_storage: Storage) -> None:
    text, _ = await _write_all(sqlite_storage)
    labels = {
        sample.name: set(sample.labels)
        for family in _of_ours(text).values()
        for sample in family.samples
    }
    expressions = [*_of_rules(), *_of_dashboard()]
    assert len(expressions) > 20
    for expression in expressions:
        for name, chosen in re.findall(r"\b(sahman_\w+)(?:{([^}]*)})?", expression):
            assert name in labels, expression
            wanted = set(re.findall(r'(\w+)\s*[=!]~?\s*"', chosen))
            assert wanted <= labels[name], expression
        assert expression.count("(") == expression.count(")"), expression


def _of_rules() -> Iterator[str]:
    rules = YAML(typ="safe").load(_ROOT / "deploy" / "prometheus" / "alerts.yml")
    for group in rules["groups"]:
        names = [rule["alert"] for rule in group["rules"]]
        assert len(names) == len(set(names))
        for rule in group["rules"]:
            assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
            assert re.fullmatch(r"\d+[mh]", rule["for"])
            assert rule["labels"]["severity"] in ("critical", "warning", "info")
            yield rule["expr"]


def _of_dashboard() -> Iterator[str]:
    board: dict[str, Any] = json.loads((_ROOT / "deploy" / "grafana" / "sahman.json").read_text())
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for target in panel["targets"]:
            yield target["expr"]


async def test_machines_are_told_why_it_is_not_ready(storage: Storage, tmp_path: Path) -> None:
    async with opened(storage, tmp_path) as operator:
        status, body = await operator.get("/readyz")
        assert (status, json.loads(body)["troubles"]) == (503, ["no_feeds"])
        await open_feed(storage, "alpha")
        operator.telegram[0] = Telegram(answered_at=NOW)
        status, body = await operator.get("/readyz")
        said = json.loads(body)
        assert (status, said["ready"], said["troubles"]) == (200, True, [])
        assert said["telegram_answered_at"] == NOW.isoformat()
        operator.telegram[0] = Telegram(failing_since=NOW - timedelta(minutes=3))
        assert (await operator.get("/readyz"))[0] == 503
        assert (await operator.get("/healthz")) == (200, "ok\n")


async def test_a_database_that_is_away_is_told_and_the_page_stays(
    sqlite_storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise DatabaseError("the database is away")

    async with opened(sqlite_storage, tmp_path) as operator:
        monkeypatch.setattr(sqlite_storage.overviews, "load_pulse", away)
        status, body = await operator.get("/readyz")
        assert (status, json.loads(body)["troubles"]) == (503, ["database"])
        status, html = await operator.get("/")
        assert status == 200
        assert "the database cannot be used" in html
        status, text = await operator.get("/metrics")
        assert 'sahman_trouble{trouble="database"} 1.0' in text
        assert "sahman_subscribers" not in text, "what is not known is not said to be none"


async def test_where_no_page_is_served_health_is(sqlite_storage: Storage, tmp_path: Path) -> None:
    async with opened(sqlite_storage, tmp_path, page=False) as operator:
        assert (await operator.get("/healthz"))[0] == 200
        assert (await operator.get("/readyz"))[0] == 503
        for path in ("/", "/metrics", "/live", "/page.css"):
            assert (await operator.get(path))[0] == 404
    everywhere = {"listen": "0.0.0.0:0"}
    async with opened(sqlite_storage, tmp_path, **everywhere) as operator:
        assert operator.url.startswith("http://127.0.0.1:")
        assert (await operator.get("/healthz"))[0] == 200
        assert (await operator.get("/"))[0] == 404
    async with opened(sqlite_storage, tmp_path, **everywhere, page_token=secret()) as operator:
        assert (await operator.get("/"))[0] == 401


async def test_a_pause_that_telegram_asked_for_and_a_lowered_rate_are_told(
    storage: Storage,
) -> None:
    await storage.deliveries.settle_and_claim((), 5, 25, NOW)
    now_ms = 4_000_000_000_000
    change_rows(storage, budget, rate=5.0, rate_at=now_ms, paused_until=now_ms, paused_at=0)
    desk = FactsDesk(storage.overviews, lambda now: Telegram(), clock=lambda: NOW, rate=25)
    found = await desk.load(whole=False)
    assert found.rate == 5
    assert found.pulse is not None
    assert found.pulse.paused_s > 0


async def test_what_waits_behind_a_closed_gate_is_not_stuck(storage: Storage) -> None:
    source = await open_feed(storage, "alpha")
    reader = await open_chat(storage)
    await follow(storage, reader, "border")
    await take_in(storage, source, new_item("Talks on the border"))
    await expand(storage)
    desk = FactsDesk(storage.overviews, lambda now: Telegram(), clock=lambda: NOW, rate=25)
    assert (await desk.load(whole=True)).pulse is not None
    owed = (await desk.load(whole=True)).overview
    assert owed is not None
    assert owed.outgoing.owed == {DeliveryKind.ALERT: 1}
    claim = await storage.deliveries.settle_and_claim((), 5, 25, NOW)
    later = [
        replace(Outcome(delivery=each, fate=Fate.LATER), wait_ms=3_600_000, error="closed")
        for each in claim.deliveries
    ]
    await storage.deliveries.settle_and_claim(later, 0, 25, NOW)
    change_rows(storage, delivery, due_at=1_000_000_000_000)
    pulse = (await desk.load(whole=False)).pulse
    assert pulse is not None
    assert (pulse.waiting, pulse.waiting_s) == (0, 0)


async def test_what_a_running_sahman_does_is_counted(idle: Sahman) -> None:
    metrics = Metrics()
    object.__setattr__(idle.services, "took", metrics.note_update)
    idle.sender._tell = metrics.note_outcomes
    idle.start()
    await idle.say("/add border")
    await idle.news("Talks on the border")
    value = metrics.registry.get_sample_value
    await until(lambda: value("sahman_sends_total", {"outcome": "sent"}) == 1)
    assert value("sahman_update_duration_seconds_count") == 1
    assert how_reached(idle.bot, NOW).answered_at is not None
