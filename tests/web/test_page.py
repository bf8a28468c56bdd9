"""The operator's page over loopback: who is let in, what it shows, and what it never shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from bs4 import BeautifulSoup

from bot.config import load_feeds
from bot.demo.feeds import FeedServer
from bot.language import load
from bot.model import Alarm, DeliveryState, Telegram
from bot.storage import Storage
from bot.storage.tables import delivery, feed, item, subscriber
from bot.web import facts, live
from tests.samples import (
    NOW,
    change_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    take_in,
)
from tests.web.conftest import PAGE_TOKEN, Operator, opened, secret

_FEEDS = """\
# Ours, by hand.
publishers:
  Herald: {country: AM, kind: private}
feeds:
  - {name: alpha, url: "http://127.0.0.1:1/a", publisher: Herald, language: hy, allow_private: true}
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no facts: each look sees what a test has just changed."""
    load()
    for kept in ("_PULSE_KEPT_S", "_OVERVIEW_KEPT_S", "_KEPT_TIMES"):
        monkeypatch.setattr(facts, kept, 0.0)
    monkeypatch.setattr("bot.web.page._PART_KEPT_S", 0.0)
    monkeypatch.setattr(live, "_LOOK_EVERY_S", 0.05)


@pytest.fixture
async def operator(sqlite_storage: Storage, tmp_path: Path) -> AsyncIterator[Operator]:
    """Somebody on this machine, who needs no token."""
    async with opened(sqlite_storage, tmp_path) as found:
        yield found


@pytest.fixture
async def stranger(sqlite_storage: Storage, tmp_path: Path) -> AsyncIterator[Operator]:
    """Somebody whom the page asks for a token."""
    async with opened(sqlite_storage, tmp_path, page_token=secret()) as found:
        yield found


async def test_everything_stands_on_it_in_three_languages(storage: Storage, tmp_path: Path) -> None:
    source = await open_feed(storage, "alpha")
    await take_in(storage, source, new_item("Talks on the border"), now=NOW)
    async with opened(storage, tmp_path) as operator:
        for language, said in (
            ("hy", "«Սահման» բոտն աշխատում է"),
            ("ru", "Sahman работает"),
            ("en", "Sahman works"),
        ):
            status, html = await operator.get(f"/?lang={language}")
            assert status == 200
            assert f'<html lang="{language}">' in html
            assert said in html
            for shown in ("Talks on the border", "alpha", "Sample Herald"):
                assert shown in html
        _, html = await operator.get("/")
        assert '<html lang="en">' in html, "the language that was chosen last"
        status, html = await operator.get("/feed?name=alpha")
        assert status == 200
        assert "new: 1" in html


async def test_the_language_is_the_browsers_unless_one_is_chosen(operator: Operator) -> None:
    _, html = await operator.get("/", **{"Accept-Language": "de-DE,ru;q=0.8,en;q=0.5"})
    assert '<html lang="ru">' in html


async def test_it_says_why_sahman_does_not_work(storage: Storage, tmp_path: Path) -> None:
    async with opened(storage, tmp_path) as operator:
        assert "no feed is set up" in (await operator.get())[1]
        await open_feed(storage, "alpha")
        assert "Sahman works." in (await operator.get())[1]
        operator.telegram[0] = Telegram(failing_since=NOW - timedelta(hours=1))
        assert "Telegram has not been reached for 60 minutes" in (await operator.get())[1]
        operator.telegram[0] = Telegram(answered_at=NOW)
        change_rows(storage, feed, failures=3)
        assert "no feed answers" in (await operator.get())[1]
        operator.clock.now = NOW + timedelta(hours=2)
        assert "no feed has been asked for 2 hours" in (await operator.get())[1]


async def test_messages_that_wait_while_nothing_is_sent_are_told(
    storage: Storage, tmp_path: Path
) -> None:
    source = await open_feed(storage, "alpha")
    reader = await open_chat(storage)
    await follow(storage, reader, "border")
    await take_in(storage, source, new_item("Talks on the border"))
    await expand(storage)
    async with opened(storage, tmp_path) as operator:
        assert "Sahman works." in (await operator.get())[1]
        change_rows(storage, delivery, due_at=1_000_000_000_000)
        assert "1 message has been waiting for" in (await operator.get())[1]
        change_rows(storage, subscriber, paused=True)
        assert "Sahman works." in (await operator.get())[1], "who is paused waits for nothing"


async def test_no_reader_and_no_keyword_stands_on_it_or_in_the_metrics(
    storage: Storage, tmp_path: Path
) -> None:
    source = await open_feed(storage, "alpha")
    reader = await open_chat(storage, 987_654_321_123)
    await follow(storage, reader, "zvartnotsiana")
    await take_in(storage, source, new_item("Talks on the border", summary="zvartnotsiana"))
    await expand(storage)
    async with opened(storage, tmp_path) as operator:
        shown = [(await operator.get(f"/?lang={each}"))[1] for each in ("hy", "ru", "en")]
        shown += [(await operator.get(path))[1] for path in ("/feed?name=alpha", "/metrics")]
        shown.append((await operator.get("/readyz"))[1])
        for text in shown:
            assert "zvartnots" not in text.lower()
            assert "987654321123" not in text.replace(",", "").replace(" ", "")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}{% raw %}",
        "' onfocus=alert(1) autofocus='",
        "</section></div><form action=//evil>",
        "&lt;b&gt; javascript:alert(1)",
    ],
)
async def test_what_feeds_print_and_are_called_stays_text(
    sqlite_storage: Storage, tmp_path: Path, hostile: str
) -> None:
    source = await open_feed(sqlite_storage, hostile, publisher=f"P {hostile}")
    await take_in(sqlite_storage, source, new_item(hostile))
    change_rows(sqlite_storage, feed, failures=2, error=hostile)
    async with opened(sqlite_storage, tmp_path) as operator:
        for path in ("/", f"/feed?name={quote(hostile)}"):
            _, html = await operator.get(path)
            page = BeautifulSoup(html, "html.parser")
            assert hostile in page.get_text()
            assert not page.find_all("img")
            assert [each.get("src") for each in page.find_all("script")] in ([], ["/page.js"])
            assert all(str(each["action"]).startswith("/") for each in page.find_all("form"))
            assert not [each for each in page.find_all() if {"onfocus", "onerror"} & {*each.attrs}]


async def test_every_answer_bears_strict_headers(operator: Operator) -> None:
    for path in ("/", "/page.css", "/page.js", "/icon.svg", "/feed?name=x"):
        async with operator.session.get(operator.url + path) as answer:
            assert answer.status == (404 if "feed" in path else 200), path
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert answer.headers["Cache-Control"] == "no-store"
            text = await answer.text()
        assert not re.search(r"<script>|style=|https?://(?!www\.w3\.org)", text), path


async def test_another_name_that_points_here_is_refused(operator: Operator) -> None:
    assert (await operator.get(Host="evil.example"))[0] == 421
    assert (await operator.get(Host="10.0.0.9"))[0] == 421
    for name in ("localhost:80", "127.0.0.1", "[::1]:8080"):
        assert (await operator.get(Host=name))[0] == 200
    assert (await operator.get("/metrics", Host="evil.example"))[0] == 401
    assert (await operator.get("/healthz", Host="evil.example"))[0] == 200


async def test_without_a_token_nothing_that_a_proxy_hands_on_is_answered(
    operator: Operator,
) -> None:
    status, html = await operator.get(**{"X-Forwarded-For": "203.0.113.9"})
    assert status == 403
    assert "BOT_PAGE_TOKEN" in html
    assert (await operator.get("/metrics", Forwarded="for=203.0.113.9"))[0] == 401


async def test_whoever_lacks_the_token_sees_nothing(stranger: Operator) -> None:
    for path in ("/", "/live", "/feed?name=alpha", "/metrics"):
        status, html = await stranger.get(path)
        assert status in (401, 403), path
        assert "Readers" not in html
    assert (await stranger.get("/healthz"))[0] == 200
    assert (await stranger.post("/feeds", {"off": "alpha"}))[0] == 403


async def test_the_token_opens_the_page_until_one_logs_out(stranger: Operator) -> None:
    assert (await stranger.log_in())[0] == 200
    assert "Readers" in (await stranger.get())[1]
    kept = {cookie.key: cookie for cookie in stranger.session.cookie_jar}
    session = kept["sahman_page"]
    assert session["httponly"]
    assert session["samesite"] == "Strict"
    assert PAGE_TOKEN not in session.value
    stranger.clock.now += timedelta(days=8)
    assert (await stranger.get())[0] == 401, "a week later"
    stranger.clock.now = NOW
    assert (await stranger.post("/logout", {}))[0] == 401


async def test_a_made_up_session_opens_nothing(stranger: Operator) -> None:
    for made_up in ("9999999999.0", "9999999999.", ".", "x" * 5000, "9" * 40 + "." + "0" * 64):
        async with stranger.session.get(
            stranger.url, headers={"Cookie": f"sahman_page={made_up}"}
        ) as answer:
            assert answer.status == 401


async def test_wrong_tokens_are_few_a_minute(stranger: Operator) -> None:
    for _ in range(5):
        assert (await stranger.log_in("wrong"))[0] == 403
    status, html = await stranger.log_in()
    assert status == 429
    assert "wait a minute" in html
    stranger.clock.now += timedelta(minutes=1)
    assert (await stranger.log_in())[0] == 200


async def test_a_feed_that_is_not_there_is_not_named(operator: Operator) -> None:
    for name in ("call +1 555 and pay", "%00", "%ed%a0%80"):
        status, html = await operator.get(f"/feed?name={name}")
        assert (status, "555" in html) == (404, False)


@pytest.mark.parametrize(
    "header",
    [
        b"Cookie: sahman_page=9999999999.\xff\xfe; sahman_visit=\xff",
        b"Cookie: sahman_visit=aaaaaaaaaaaaaaaaaaaaaaaaaaaa\xff",
        b"Cookie: =;;;\xf0\x9f\x98\x80=x",
        b"Authorization: Bearer \xff",
        b"Accept-Language: \xff,;;q=,-",
        b"Accept: application/openmetrics-text; version=x; escaping=\xff",
        b"Origin: \xff://\xff",
        b"Content-Type: multipart/form-data",
        b"Content-Type: application/x-www-form-urlencoded; charset=no-such",
    ],
)
async def test_no_header_breaks_it(stranger: Operator, header: bytes) -> None:
    host = stranger.url.removeprefix("http://")
    for first in (b"GET /", b"GET /metrics", b"GET /live", b"POST /login", b"POST /feeds"):
        reader, writer = await asyncio.open_connection(*host.split(":"))
        body = b"form=\xff&token=\xff"
        head = b"%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n\r\n"
        writer.write(head % (first, host.encode(), len(body), header) + body)
        answered = await asyncio.wait_for(reader.read(), 10)
        assert answered.split(b" ", 2)[1] in (b"400", b"401", b"403"), (first, answered[:100])
        writer.close()


async def test_a_token_of_other_letters_is_wrong_and_no_error(stranger: Operator) -> None:
    assert (await stranger.log_in("ключ\udc80".encode("utf-8", "replace").decode()))[0] == 403


async def test_machines_name_the_token_in_a_header(stranger: Operator) -> None:
    good = {"Authorization": f"Bearer {PAGE_TOKEN}", "Host": "sahman:8080"}
    assert (await stranger.get("/metrics", **good))[0] == 200
    for wrong in ("Bearer wrong", "Bearer", f"Basic {PAGE_TOKEN}", ""):
        assert (await stranger.get("/metrics", Authorization=wrong))[0] == 401


async def test_a_form_of_another_page_changes_nothing(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    (tmp_path / "feeds.yaml").write_text(_FEEDS)
    async with opened(sqlite_storage, tmp_path) as operator:
        form = await operator.form()
        for origin in ("https://evil.example", None, "null", "http://127.0.0.1:1"):
            assert (await operator.post("/feeds", {"off": "alpha"}, origin=origin))[0] == 403
        for brought in ("", "x", form[:-1]):
            assert (await operator.post("/feeds", {"off": "alpha"}, form=brought))[0] == 403
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
            fields = {"off": "alpha", "form": form}
            async with other.post(
                operator.url + "/feeds", data=fields, headers={"Origin": operator.url}
            ) as answer:
                assert answer.status == 403, "another visitor's"
        assert load_feeds(operator.feeds).feeds[0].enabled
        assert (await operator.post("/feeds", {"off": "alpha"}))[0] == 200
        assert not load_feeds(operator.feeds).feeds[0].enabled


async def test_forms_are_so_many_a_minute(operator: Operator) -> None:
    form = await operator.form()
    statuses = [(await operator.post("/feeds", {}, form=form))[0] for _ in range(31)]
    assert statuses == [200] * 30 + [429]


async def test_a_feed_is_tried_added_and_switched_and_the_effect_is_seen_at_once(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    news = FeedServer()
    await news.start()
    news.add_item("alpha", "Talks on the border")
    written = _FEEDS.replace("http://127.0.0.1:1/a", news.feed_url("alpha"))
    (tmp_path / "feeds.yaml").write_text(written)
    async with opened(sqlite_storage, tmp_path) as operator:
        status, html = await operator.post("/feeds", {"test": "alpha"})
        assert (status, "Talks on the border" in html) == (200, True)
        status, html = await operator.post("/feeds", {"off": "alpha"})
        assert "Switch on" in html
        status, html = await operator.post("/feeds", {"on": "alpha"})
        assert "Switch off" in html
        status, html = await operator.post("/feeds", {"try": "", "address": news.feed_url("alpha")})
        assert status == 422, "a private address"
        entry = {
            "add": "", "name": "beta", "url": "https://beta.example/rss", "publisher": "Beta",
            "language": "ru", "country": "RU", "kind": "state",
        }  # fmt: skip
        status, html = await operator.post("/feeds", entry)
        assert (status, "Added: beta" in html) == (200, True)
        assert "beta" in (await operator.get())[1]
        text = operator.feeds.read_text()
        assert text.startswith("# Ours, by hand.")
        status, html = await operator.post("/feeds", {**entry, "country": "<Mars>"})
        assert status == 422
        assert operator.feeds.read_text() == text
    await news.stop()


async def test_what_was_given_up_is_owed_again_by_a_button(
    storage: Storage, tmp_path: Path
) -> None:
    source = await open_feed(storage, "alpha")
    await follow(storage, await open_chat(storage), "border")
    await take_in(storage, source, new_item("Talks on the border"))
    await expand(storage)
    async with opened(storage, tmp_path) as operator:
        assert "given-up" not in (await operator.get())[1]
        change_rows(storage, delivery, state=DeliveryState.DEAD, error="refused")
        assert "Owe 1 given-up message once more" in (await operator.get())[1]
        assert (await operator.post("/retry", {}))[0] == 200
        assert await storage.deliveries.count_owed() == 1


async def test_operators_who_cannot_be_told_are_counted(storage: Storage, tmp_path: Path) -> None:
    async with opened(storage, tmp_path, admins=(101, 102)) as operator:
        assert "2 operators in BOT_ADMINS have not written" in (await operator.get())[1]
        await open_chat(storage, 101)
        assert "1 operator in BOT_ADMINS has not written" in (await operator.get())[1]


async def test_an_open_page_is_sent_what_changes(storage: Storage, tmp_path: Path) -> None:
    source = await open_feed(storage, "alpha")
    async with (
        opened(storage, tmp_path) as operator,
        operator.session.get(operator.url + "/live") as stream,
    ):
        assert stream.content_type == "text/event-stream"
        first = await asyncio.wait_for(_next_event(stream), 10)
        assert "Sahman works." in first
        await take_in(storage, source, new_item("A flood in Lori"))
        assert "A flood in Lori" in await asyncio.wait_for(_next_event(stream), 10)


async def test_streams_are_bounded_and_end_with_the_process(
    sqlite_storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 2)
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as session:
        async with opened(sqlite_storage, tmp_path) as operator:
            streams = [await session.get(operator.url + "/live") for _ in range(3)]
            assert sorted(each.status for each in streams) == [200, 200, 503]
            began_s = loop.time()
        assert loop.time() - began_s < 3
        for each in streams:
            each.close()


async def test_a_stream_that_its_reader_left_makes_room(operator: Operator) -> None:
    for _ in range(live.MOST_STREAMS + 5):
        async with operator.session.get(operator.url + "/live") as stream:
            assert stream.status == 200
            await asyncio.wait_for(_next_event(stream), 10)
        await _until_left(operator)


async def _until_left(operator: Operator) -> None:
    for _ in range(200):
        if operator.metrics.registry.get_sample_value("sahman_page_streams") == 0:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("a stream was not noticed to have ended")


async def _next_event(stream: aiohttp.ClientResponse) -> str:
    """Return what the next event brings."""
    lines: list[str] = []
    async for raw in stream.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("data: "):
            lines.append(line.removeprefix("data: "))
        elif not line and lines:
            break
    return "\n".join(lines)


async def test_old_news_does_not_slow_down_what_is_said_of_alerts(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    source = await open_feed(sqlite_storage, "alpha")
    await take_in(sqlite_storage, source, new_item("Talks"))
    change_rows(sqlite_storage, item, published_at=NOW - timedelta(days=3))
    async with opened(sqlite_storage, tmp_path) as operator:
        assert "95 of 100" not in (await operator.get())[1]


async def test_what_operators_were_told_of_stands_on_it_until_it_is_over(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    wrong = Alarm(name="disk:host:data", since=NOW, amount=177, total=9_000)
    await sqlite_storage.alarms.note([wrong], (), (), NOW)
    async with opened(sqlite_storage, tmp_path) as whoever:
        _, html = await whoever.get("/?lang=en")
        verdict = BeautifulSoup(html, "html.parser").select_one("#verdict")
        assert verdict is not None
        assert "177 MB of 9000 are free where data lies (host)" in verdict.get_text()
