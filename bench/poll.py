"""What polling costs, beside what others cost, in one run on one core against one local server.

Run from a checkout: ``python -m bench.poll [--feeds 2000] [--clients sahman reader]``.
The rivals are not among Sahman's requirements: ``pip install .[bench]``. README.md beside this file
explains the table.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import random
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import psutil
from rich.console import Console
from rich.table import Table

from bench.news import LANGUAGES, write_text

PASSES = ("first", "304", "one new", "mixed", "faults")
CLIENTS = ("sahman", "reader", "reader+search", "httpx", "feedparser")
_ITEMS = int(os.environ.get("BENCH_ITEMS", "30"))
_START = datetime(2026, 9, 12, tzinfo=UTC)
# Under a day: once a day a feed is asked without validators.
_PASS_GAP = timedelta(hours=20)
_TLS_HOSTS = 250
_CLAIMED_TOGETHER = 64


# The server: raw protocol, so that it costs little and its clients are what is measured.


def item_of(feed: int, number: int) -> str:
    """Return one entry, the same whenever it is listed."""
    chance = random.Random(feed * 100_003 + number)
    language = LANGUAGES[feed % len(LANGUAGES)]
    title, text = (write_text(language, words, chance) for words in (9, 60))
    at = _START - timedelta(minutes=20 * (_ITEMS - number))
    return (
        f"<item><title>{escape(title)} {number}</title>"
        f"<link>https://news{feed}.example/{number}?utm_source=rss</link>"
        f"<guid isPermaLink='false'>{feed}-{number}</guid>"
        f"<pubDate>{format_datetime(at, usegmt=True)}</pubDate>"
        f"<description>&lt;p&gt;{escape(text)}&lt;/p&gt;</description></item>"
    )


class FeedServer(asyncio.Protocol):
    """Serves feed N as /f/N in one of its versions; faults by the number of the feed."""

    versions: ClassVar[list[int]] = [0, 0]  # of even feeds, of odd ones
    faults = False
    #: With TLS a connection ends with its answer: publishers keep none for minutes.
    closes = False
    cache: ClassVar[dict[tuple[int, int], bytes]] = {}

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (each.partition(":") for each in lines)}
            self.answer(lines[0].split(" ")[1], headers)

    def answer(self, path: str, headers: dict[str, str]) -> None:
        if path.startswith("/_state/"):
            even, odd, faults = path.split("/")[2:5]
            FeedServer.versions, FeedServer.faults = [int(even), int(odd)], faults == "1"
            self.send(200, b"ok")
            return
        feed = int(path.split("/")[2])
        if FeedServer.faults:
            share = feed % 100
            if share < 4:
                asyncio.get_running_loop().call_later(1.0, self.serve, feed, headers)
                return
            if share < 7:
                return self.send(503, b"")
            if share < 9:
                return self.send(429, b"", "Retry-After: 600\r\n")
            if share < 10 and "moved" not in path:
                return self.send(301, b"", f"Location: /f/{feed}/moved\r\n")
            if share in (50, 51):
                return  # it hangs
        self.serve(feed, headers)

    def serve(self, feed: int, headers: dict[str, str]) -> None:
        version = FeedServer.versions[feed % 2]
        tag = f'"{feed}-{version}"'
        if headers.get("if-none-match") == tag:
            self.send(304, b"", f"ETag: {tag}\r\n")
            return
        packed = self.cache.get((feed, version))
        if packed is None:
            items = "".join(item_of(feed, n) for n in range(version + _ITEMS, version, -1))
            body = f"<rss version='2.0'><channel><title>Feed {feed}</title>{items}</channel></rss>"
            packed = self.cache[feed, version] = gzip.compress(body.encode(), 3)
        if "gzip" in headers.get("accept-encoding", ""):
            more = f"ETag: {tag}\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\n"
            self.send(200, packed, more)
        else:
            more = f"ETag: {tag}\r\nContent-Type: application/rss+xml\r\n"
            self.send(200, gzip.decompress(packed), more)

    def send(self, status: int, body: bytes, more: str = "") -> None:
        if self.transport.is_closing():
            return
        length = "" if status == 304 else f"Content-Length: {len(body)}\r\n"
        more += "Connection: close\r\n" if self.closes else ""
        self.transport.write(f"HTTP/1.1 {status} X\r\n{length}{more}\r\n".encode() + body)
        if self.closes:
            self.transport.close()


async def serve(certificate: str) -> None:
    """Serve for ever; print the port once connections are taken."""
    loop = asyncio.get_running_loop()
    secure = None
    if certificate:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(certificate)
    FeedServer.closes = bool(certificate)
    everywhere = "0.0.0.0"  # noqa: S104
    server = await loop.create_server(FeedServer, everywhere, 0, backlog=4096, ssl=secure)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def allow_many_connections() -> None:
    """Let this process hold as many sockets as it may: each feed is a host of its own."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def url_of(feed: int, port: int) -> str:
    # Each feed on a host of its own, as in the world; all of them are this machine. A certificate
    # names few hosts: with TLS some share one.
    if os.environ.get("BENCH_CERTIFICATE"):
        return f"https://127.0.0.{feed % _TLS_HOSTS + 1}:{port}/f/{feed}"
    return f"http://127.0.{feed // 250}.{feed % 250 + 1}:{port}/f/{feed}"


def make_certificate(folder: Path) -> Path:
    """Make a certificate for this machine's addresses, with its key in the same file."""
    path, key = folder / "bench.pem", folder / "bench.key"
    names = ",".join(f"IP:127.0.0.{n + 1}" for n in range(_TLS_HOSTS))
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=bench", "-addext", f"subjectAltName={names}",
            "-keyout", str(key), "-out", str(path),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + key.read_text())
    return path


def set_state(port: int, even: int, odd: int, faults: bool = False) -> None:
    import urllib.request

    scheme = "https" if os.environ.get("BENCH_CERTIFICATE") else "http"
    state = f"{scheme}://127.0.0.1:{port}/_state/{even}/{odd}/{int(faults)}"
    urllib.request.urlopen(state, timeout=10).read()  # noqa: S310


# The clients: each polls and stores everything, pass by pass.


class Sahman:
    """What `python -m bot run` does with feeds, without Telegram; 100 keywords are followed."""

    def __init__(self, feeds: int, port: int, folder: Path) -> None:
        self.feeds, self.port, self.folder = feeds, port, folder
        self.lag: list[float] = []

    async def run(self, passes: Any) -> None:
        from bot import language
        from bot.feeds.fetch import FeedFetcher
        from bot.feeds.worker import ParseWorker
        from bot.intake import Intake
        from bot.jobs.poll import PollJob
        from bot.lifetime import settle_memory

        storage = await self.keep_feeds()
        language.load()
        fetcher, worker = FeedFetcher(), ParseWorker()
        with ThreadPoolExecutor(1) as reading:
            intake = Intake(storage, reading)
            await intake.load()
            job = PollJob(storage, fetcher, worker, intake)
            settle_memory()
            watching = asyncio.create_task(self.watch())
            for number in passes():
                await asyncio.sleep(0.02)
                self.lag.clear()  # the bench's own bookkeeping held up the loop, not polling
                results = await job.run_round(_START + number * _PASS_GAP)
                print(sum(bool(each.failed) for each in results), file=sys.stderr)
            watching.cancel()
        await fetcher.close()
        worker.close()

    async def keep_feeds(self) -> Any:
        """Return storage in which all feeds are due."""
        from bot.config import FeedEntry, FeedList, PublisherEntry
        from bot.model import PublisherKind
        from bot.storage import Storage
        from bot.storage.database import Database, make_engine
        from bot.storage.migrating import migrate

        engine = make_engine(f"sqlite:///{self.folder}/sahman.db")
        migrate(engine)
        storage = Storage(Database(engine))
        config = FeedList(
            {"H": PublisherEntry(country="AM", kind=PublisherKind.PRIVATE)},
            tuple(
                FeedEntry(
                    name=f"feed {n}", url=url_of(n, self.port), publisher="H",
                    language=LANGUAGES[n % len(LANGUAGES)],
                    allow_private=True, every_s=300,
                )
                for n in range(self.feeds)
            ),
        )  # fmt: skip
        await storage.feeds.save_config(config, _START)
        return storage

    async def claim(self) -> float:
        """Claim all feeds and note them as unchanged, as polling does; return µs of CPU a feed."""
        from bot.storage.poll_notes import Unchanged

        storage = await self.keep_feeds()
        later = _START + timedelta(hours=1)
        began, claimed = time.process_time(), 0
        notes: list[Unchanged] = []
        while some := await storage.feeds.note_and_claim(notes, _START, _CLAIMED_TOGETHER):
            claimed += len(some)
            notes = [
                Unchanged(
                    feed_id=each.id, at=_START, next_poll_at=later, etag="", last_modified="",
                    fresh_s=0,
                )
                for each in some
            ]  # fmt: skip
        assert claimed == self.feeds, claimed
        return (time.process_time() - began) / claimed * 1e6

    async def watch(self) -> None:
        """Note how late the event loop comes back to somebody who waits for 5 ms."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(0.005)
            self.lag.append(loop.time() - began - 0.005)

    def work(self, passes: Any) -> None:
        asyncio.run(self.run(passes))


class Reader:
    """lemon24/reader: update_feeds with 20 workers, as its documents advise."""

    lag: ClassVar[list[float]] = []

    def __init__(self, feeds: int, port: int, folder: Path) -> None:
        self.feeds, self.port, self.folder = feeds, port, folder

    def work(self, passes: Any) -> None:
        from reader import make_reader

        kept = make_reader(f"{self.folder}/reader.db")
        for n in range(self.feeds):
            kept.add_feed(url_of(n, self.port))
        for _ in passes():
            kept.update_feeds(workers=20, scheduled=False)


class ReaderSearch(Reader):
    """The same with its search index brought up to date after each pass, as Sahman's always is."""

    def work(self, passes: Any) -> None:
        from reader import make_reader

        kept = make_reader(f"{self.folder}/reader.db")
        kept.enable_search()
        for n in range(self.feeds):
            kept.add_feed(url_of(n, self.port))
        for _ in passes():
            kept.update_feeds(workers=20, scheduled=False)
            kept.update_search()


class HttpxFeedparser:
    """httpx, eight at a time, with feedparser in the same process and rows in SQLite."""

    def __init__(self, feeds: int, port: int, folder: Path) -> None:
        self.feeds, self.port, self.folder = feeds, port, folder
        self.lag: list[float] = []
        self.tags: dict[int, str] = {}

    def work(self, passes: Any) -> None:
        asyncio.run(self.run(passes))

    async def run(self, passes: Any) -> None:
        import sqlite3

        import httpx

        rows = sqlite3.connect(f"{self.folder}/plain.db")
        rows.execute("CREATE TABLE item (key PRIMARY KEY, title, link, summary)")
        room = asyncio.Semaphore(8)
        watching = asyncio.create_task(Sahman.watch(self))  # type: ignore[arg-type]
        async with httpx.AsyncClient(timeout=20, follow_redirects=True) as client:

            async def poll(n: int) -> None:
                async with room:
                    headers = {"If-None-Match": self.tags[n]} if n in self.tags else {}
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await client.get(url_of(n, self.port), headers=headers)
                        if answer.status_code == 200:
                            self.tags[n] = answer.headers.get("etag", "")
                            store(rows, answer.content)

            for _ in passes():
                await asyncio.gather(*map(poll, range(self.feeds)))
        watching.cancel()


class Feedparser:
    """feedparser.parse(url), one after the other."""

    lag: ClassVar[list[float]] = []

    def __init__(self, feeds: int, port: int, folder: Path) -> None:
        self.feeds, self.port, self.folder = feeds, port, folder
        self.tags: dict[int, str] = {}

    def work(self, passes: Any) -> None:
        import sqlite3

        import feedparser

        rows = sqlite3.connect(f"{self.folder}/plain.db")
        rows.execute("CREATE TABLE item (key PRIMARY KEY, title, link, summary)")
        for _ in passes():
            for n in range(self.feeds):
                document = feedparser.parse(url_of(n, self.port), etag=self.tags.get(n))
                self.tags[n] = document.get("etag") or self.tags.get(n, "")
                save(rows, document)


def store(rows: Any, body: bytes) -> None:
    import io

    import feedparser

    save(rows, feedparser.parse(io.BytesIO(body)))


def save(rows: Any, document: Any) -> None:
    with rows:
        rows.executemany(
            "INSERT OR IGNORE INTO item VALUES (?, ?, ?, ?)",
            [
                (e.get("id"), e.get("title"), e.get("link"), e.get("summary"))
                for e in document.entries
            ],
        )


_CLASSES: dict[str, Any] = {
    "sahman": Sahman, "reader": Reader, "reader+search": ReaderSearch, "httpx": HttpxFeedparser,
    "feedparser": Feedparser,
}  # fmt: skip


def measure(name: str, feeds: int, port: int, wanted: list[str]) -> None:
    """Run one client through the passes; print a line of JSON for each."""
    with tempfile.TemporaryDirectory(prefix="bench-poll-") as folder:
        client = _CLASSES[name](feeds, port, Path(folder))
        me = psutil.Process()
        peak = [0]
        stop = threading.Event()

        def watch_memory() -> None:
            while not stop.wait(0.25):
                peak[0] = max(peak[0], sum(_rss(each) for each in _tree(me)))

        threading.Thread(target=watch_memory, daemon=True).start()
        states = {
            "first": (0, 0), "304": (0, 0), "one new": (1, 1), "mixed": (1, 2), "faults": (2, 3),
        }  # fmt: skip

        def passes() -> Any:
            for number, each in enumerate(PASSES):
                if each not in wanted:
                    continue
                set_state(port, *states[each], faults=each == "faults")
                client.lag.clear()
                began, cpu = time.perf_counter(), _cpu(me)
                yield number
                took = time.perf_counter() - began
                lags = sorted(client.lag)
                print(
                    json.dumps(
                        {
                            "client": name,
                            "pass": each,
                            "polls_s": feeds / took,
                            "cpu_ms": (_cpu(me) - cpu) / feeds * 1000,
                            "lag_p99_ms": lags[int(len(lags) * 0.99)] * 1000 if lags else None,
                            "lag_p50_ms": statistics.median(lags) * 1000 if lags else None,
                            "peak_mb": peak[0] / 1e6,
                        }
                    ),
                    flush=True,
                )

        client.work(passes)
        stop.set()


def _tree(me: psutil.Process) -> list[psutil.Process]:
    return [me, *me.children(recursive=True)]


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _cpu(me: psutil.Process) -> float:
    total = 0.0
    for each in _tree(me):
        with contextlib.suppress(psutil.Error):
            times = each.cpu_times()
            total += times.user + times.system
    return total


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=int, default=2_000)
    parser.add_argument("--clients", nargs="+", default=list(CLIENTS))
    parser.add_argument("--passes", nargs="+", default=list(PASSES[:4]))
    parser.add_argument("--tls", action="store_true", help="a new connection for each poll")
    parser.add_argument("--items", type=int, default=_ITEMS, help="that a document lists")
    parser.add_argument("--claims", type=int, nargs="*", help="only claim so many feeds")
    parser.add_argument("--cores", type=int, default=1, help="of the client")
    parser.add_argument("--as-client", default="")
    parser.add_argument("--as-server", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    if given.as_server:
        allow_many_connections()
        asyncio.run(serve(os.environ.get("BENCH_CERTIFICATE", "")))
        return
    if given.claims:
        for feeds in given.claims:
            with tempfile.TemporaryDirectory(prefix="bench-poll-") as name:
                each_us = asyncio.run(Sahman(feeds, 1, Path(name)).claim())
            print(f"{feeds:,} feeds due: {each_us:.0f} µs of CPU to claim and note one")
        return
    if given.as_client:
        allow_many_connections()
        measure(given.as_client, given.feeds, given.port, given.passes)
        return
    os.environ["BENCH_ITEMS"] = str(given.items)
    folder = tempfile.TemporaryDirectory(prefix="bench-tls-")
    if given.tls:
        certificate = str(make_certificate(Path(folder.name)))
        # OpenSSL's own name for it, and requests'.
        os.environ |= {
            "BENCH_CERTIFICATE": certificate,
            "SSL_CERT_FILE": certificate,
            "REQUESTS_CA_BUNDLE": certificate,
        }
    cores = sorted(os.sched_getaffinity(0))
    me = [sys.executable, "-m", "bench.poll"]
    server = subprocess.Popen(
        ["taskset", "-c", str(cores[-1]), *me, "--as-server"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    port = server.stdout.readline().strip()  # it is there once connections are taken
    assert port, "the server of feeds did not start"
    lines: list[dict[str, Any]] = []
    pinned = ",".join(map(str, cores[: given.cores]))
    try:
        for name in given.clients:
            client = subprocess.Popen(
                [
                    "taskset", "-c", pinned, *me, "--as-client", name, "--port", port,
                    "--feeds", str(given.feeds), "--passes", *given.passes,
                ],
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert client.stdout is not None
            for line in client.stdout:
                print(line, end="", file=sys.stderr)  # a long run may be cut short
                lines.append(json.loads(line))
            client.wait()
            if client.returncode:
                print(f"{name} ended with {client.returncode}", file=sys.stderr)
    finally:
        server.kill()
        folder.cleanup()
    show(lines)


def show(lines: list[dict[str, Any]]) -> None:
    table = Table(
        "client", "pass", "polls/s", "CPU ms/poll", "loop p50 ms", "loop p99 ms", "peak MB"
    )
    for each in lines:
        lag = [
            f"{each[key]:.1f}" if each[key] is not None else ""
            for key in ("lag_p50_ms", "lag_p99_ms")
        ]
        table.add_row(
            each["client"], each["pass"], f"{each['polls_s']:.0f}", f"{each['cpu_ms']:.2f}", *lag,
            f"{each['peak_mb']:.0f}",
        )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
