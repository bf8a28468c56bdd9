"""Feeds that mean harm: each ends within its bounds of time and memory, and harms no other."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import brotli
import psutil
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FeedError
from bot.feeds import addresses
from bot.feeds import fetch as fetching
from bot.feeds.fetch import FeedFetcher
from bot.feeds.memory import EntryMemory
from bot.feeds.parse import parse_feed
from bot.feeds.worker import ParseWorker
from tests.feeds.test_parse import URL, entry, rss
from tests.samples import NOW, feed

_MB = 1_000_000
_HEAD = "<rss version='2.0'><channel><item><title>T</title><description>"
_TAIL = "</description></item></channel></rss>"


@pytest.fixture(scope="module")
def worker() -> Iterator[ParseWorker]:
    worker = ParseWorker()
    yield worker
    worker.close()


def laughs() -> str:
    """Return a billion laughs, the DOCTYPE on the first line, where feedparser misses it."""
    bombs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    head = f"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY l0 'ha'>{bombs}]>"
    return f"{head}{_HEAD}&l9;{_TAIL}"


_BODIES = {
    "a billion laughs": laughs(),
    "an entity of a file": f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>{_HEAD}&x;{_TAIL}',
    "an entity in UTF-16": "",
    "nested elements": _HEAD + "<a>" * 100_000 + _TAIL,
    "nested tags of HTML": _HEAD + "&lt;div&gt;" * 200_000 + _TAIL,
    "broken tags": _HEAD + "&lt;a " * 120_000 + _TAIL,
    "raw broken tags": _HEAD + "<a <a" * 120_000 + _TAIL,
    "ampersands": _HEAD + "&" * 300_000 + _TAIL,
    "attributes": "<rss " + " ".join(f"a{n}='1'" for n in range(100_000)) + "><channel/></rss>",
    "many items": "<rss version='2.0'><channel>" + "<item><title>x</title></item>" * 100_000,
    "one huge title": _HEAD.replace("T<", "T" * 7 * _MB + "<") + _TAIL,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", _BODIES)
async def test_a_hostile_document_ends_in_time_and_its_neighbours_are_served(
    worker: ParseWorker, name: str
) -> None:
    body = _BODIES[name].encode() if _BODIES[name] else laughs().encode("utf-16")
    began = time.monotonic()
    hostile = asyncio.create_task(worker.parse(body, "", "http://hostile.example/", "UTC"))
    others = [worker.parse(rss(entry("Talks")), "", f"{URL}?{n}", "UTC") for n in range(8)]
    served = await asyncio.gather(*others)
    assert all(each.items[0].title == "Talks" for each in served)
    try:
        parsed = await hostile
    except FeedError:
        pass
    else:
        assert all(len(each.title) <= 500 and len(each.summary) <= 600 for each in parsed.items)
    assert time.monotonic() - began < 25
    for child in psutil.Process().children(recursive=True):
        assert child.memory_info().rss < 1_100 * _MB


async def _send(request: web.Request, *pieces: bytes, pause_s: float = 0, **headers: str) -> Any:
    answer = web.StreamResponse(headers={k.replace("_", "-"): v for k, v in headers.items()})
    await answer.prepare(request)
    for piece in pieces:
        await answer.write(piece)
        await asyncio.sleep(pause_s)
    return answer


@pytest.fixture(scope="module")
def packs() -> dict[str, bytes]:
    """200 MB of nothing, packed in each of the ways that we accept."""
    zeros = bytes(200 * _MB)
    return {
        "gzip": gzip.compress(zeros, 1),
        "deflate": zlib.compress(zeros, 1),
        "br": brotli.compress(zeros, quality=1),
    }


@pytest.fixture
async def hostile(packs: dict[str, bytes]) -> AsyncIterator[str]:
    """A server that drips, floods, packs and lies; its address."""
    raw_deflate = zlib.compressobj(wbits=-15)

    async def serve(request: web.Request) -> Any:
        match request.path[1:].split("/"):
            case ["drip"]:
                return await _send(request, *[b"<"] * 200, pause_s=0.02)
            case ["flood"]:
                return await _send(request, *[b"x" * 100_000] * 1_000)
            case ["bomb", encoding]:
                return web.Response(body=packs[encoding], headers={"Content-Encoding": encoding})
            case ["twice"]:
                twice = gzip.compress(packs["gzip"])
                return web.Response(body=twice, headers={"Content-Encoding": "gzip, gzip"})
            case ["raw-deflate"]:
                body = raw_deflate.compress(rss(entry("Talks"))) + raw_deflate.flush()
                return web.Response(body=body, headers={"Content-Encoding": "deflate"})
            case ["labelled"]:
                body = rss(entry("Talks"))
                return web.Response(body=body, headers={"Content-Encoding": "gzip"})
            case ["damaged"]:
                body = b"\x1f\x8b" + bytes(range(200))
                return web.Response(body=body, headers={"Content-Encoding": "gzip"})
            case ["header"]:
                return web.Response(headers={"X-Long": "x" * 200_000})
            case ["headers"]:
                return web.Response(headers={f"X-{n}": "x" * 100 for n in range(5_000)})
            case ["chain", number]:
                return web.Response(status=301, headers={"Location": f"/chain/{int(number) + 1}"})
            case ["to", port]:
                return web.Response(
                    status=302, headers={"Location": f"http://169.254.169.254:{port}/"}
                )
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def fetch(fetcher: FeedFetcher, url: str, **changes: Any) -> bytes:
    return (await fetcher.fetch(feed(url=url, allow_private=True, **changes), NOW)).body


@pytest.mark.parametrize("path", ["flood", "bomb/gzip", "bomb/deflate", "bomb/br"])
async def test_a_flood_is_left_at_eight_megabytes_packed_or_not(
    hostile: str, fetcher: FeedFetcher, path: str
) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(FeedError, match="larger than 8 MiB"):
        await fetch(fetcher, f"{hostile}/{path}")
    assert psutil.Process().memory_info().rss - before < 60 * _MB


@pytest.mark.parametrize("path", ["twice", "damaged", "header", "headers", "chain/0", "to/80"])
async def test_what_cannot_be_had_honestly_is_a_failure(
    hostile: str, fetcher: FeedFetcher, path: str
) -> None:
    with pytest.raises(FeedError):
        await fetch(fetcher, f"{hostile}/{path}")


@pytest.mark.parametrize("path", ["raw-deflate", "labelled"])
async def test_what_servers_pack_wrongly_is_read_all_the_same(
    hostile: str, fetcher: FeedFetcher, path: str
) -> None:
    assert b"Talks" in await fetch(fetcher, f"{hostile}/{path}")


async def test_a_drip_ends_while_others_are_served(
    hostile: str, fetcher: FeedFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_WHOLE_FETCH_S", 0.5)
    began = time.monotonic()
    slow = asyncio.create_task(fetch(fetcher, f"{hostile}/drip"))
    assert b"Talks" in await fetch(fetcher, f"{hostile}/labelled")
    assert time.monotonic() - began < 0.4
    with pytest.raises(FeedError, match="no whole answer"):
        await slow
    assert time.monotonic() - began < 2


async def test_a_name_that_turns_private_at_the_second_look_is_not_connected_to(
    hostile: str,
) -> None:
    class Rebinding(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
            return [
                {
                    "hostname": host, "host": "127.0.0.1", "port": port, "family": 2,
                    "proto": 0, "flags": 0,
                }
            ]  # fmt: skip

        async def close(self) -> None: ...

    fetcher = FeedFetcher(resolver=Rebinding())
    port = hostile.rpartition(":")[2]
    with pytest.raises(FeedError, match="private"):
        await fetcher.fetch(feed(url=f"http://rebinding.example:{port}/labelled"), NOW)
    await fetcher.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1",
        "0.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1%eth0",
        "fec0::1", "ff02::1", "fd00::1", "no address",
    ],
)  # fmt: skip
def test_an_address_inside_is_never_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_outside_is_public(address: str) -> None:
    assert addresses.is_public(address)


_REAL = [
    rss(*(entry(f"T{n}", guid=str(n), pubDate="Sat, 12 Sep 2026 12:00:00 MSK") for n in range(5))),
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>Սահման</title><entry><id>1</id>"
    "<title type='html'>&lt;b&gt;Մի բան</title><link href='/a'/><updated>2026-09-12</updated>"
    "</entry></feed>".encode(),
    "<rss version='2.0'><channel><ttl>9</ttl><item><title>На границе</title><guid>x</guid>"
    "<description><![CDATA[<p>Тихо. Подробнее</p>]]></description></item></channel></rss>".encode(
        "cp1251"
    ),
]  # fmt: skip


@given(
    st.sampled_from(_REAL),
    st.lists(
        st.tuples(st.integers(0, 1_500), st.integers(0, 60), st.binary(max_size=8)), max_size=6
    ),
)
def test_a_mutated_feed_gives_items_or_a_feed_error(
    body: bytes, cuts: list[tuple[int, int, bytes]]
) -> None:
    memory = EntryMemory()
    for at, length, put in cuts:
        body = body[:at] + put + body[at + length :]
    told = []
    for remembered in (None, memory, memory):
        try:
            told.append(parse_feed(body, "", URL, "Asia/Yerevan", remembered))
        except FeedError as error:
            told.append(error.reason)
    assert told[0] == told[1] == told[2], "what is remembered changes nothing"
    skipped = getattr(told[0], "skipped", ())
    assert all(each.startswith("damaged: ") for each in skipped), "no entry meets a bug of ours"


def test_one_new_entry_is_parsed_alone_and_means_the_same() -> None:
    def document(first: int) -> bytes:
        entries = [entry(f"Title {n}", guid=str(n), link=f"/{n}") for n in range(first, first + 30)]
        return rss(*reversed(entries))

    memory = EntryMemory()
    parse_feed(document(0), "", URL, "UTC", memory)
    assert parse_feed(document(1), "", URL, "UTC", memory) == parse_feed(document(1), "", URL)


def test_a_bug_in_reading_one_entry_costs_that_entry_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bot.feeds import parse as parsing

    read = parsing.read_entry

    def broken(found: Any, *rest: Any) -> Any:
        if found.get("id") == "2":
            raise KeyError("a bug of ours")
        return read(found, *rest)

    monkeypatch.setattr(parsing, "read_entry", broken)
    parsed = parse_feed(
        rss(entry("A", guid="1"), entry("B", guid="2"), entry("C", guid="3")), "", URL
    )
    assert [item.title for item in parsed.items] == ["A", "C"]
    assert "a bug of ours" in parsed.skipped[0]


def test_the_least_gap_is_not_shortened_by_a_clock_that_differs() -> None:
    from bot.feeds.wishes import read_retry_after_s
    from tests.feeds.publishers import http_date

    until = NOW + timedelta(hours=2)
    for server_now in (NOW, NOW + timedelta(minutes=5), NOW - timedelta(days=70)):
        headers = {"Retry-After": http_date(until), "Date": http_date(server_now)}
        waited = read_retry_after_s(headers, NOW)
        assert waited is not None
        assert 7_200 - 300 <= waited <= 7_200
