"""The demo's Bot API server as a process of its own, for benches that send much.

    python -m bench.server [--limits strict|soft|none] [--latency 0.05] [--port 0]

Prints one line of JSON when it listens: ``{"url": ..., "control": ...}``. *url* is what a bot is
given (and people have their door under it); *control* is asked by the bench:

    GET  /counters    what was taken, refused and answered, and how fast (see `_counters`)
    POST /people      {"first": 1000, "count": 1500}: persons who have spoken to the bot
    POST /ask         {"text": "/latest", "first": .., "count": .., "per_s": 3}; per_s 0 ends it
    POST /fault       {"kind": "silent", "methods": [..], "times": 1, "probability": 1, "seed": 0,
                       ...arguments of bot.demo.faults}; kind "none" forgets all faults
    POST /say         {"chat_id": .., "text": ..}: one person writes
    POST /rush        {"texts": ["/help"], "writers": 10, "seconds": 5, "first": .., "count": ..}:
                      so many write, each as soon as one was answered; says how long they waited
    POST /limits      {"kind": "strict" | "soft" | "none"}: a new count begins

Ends on SIGTERM. Persons of `/ask` are apart from those who are sent to: their answers are measured
and counted as replies, everything else as broadcast.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import signal
import statistics
import time
from collections import deque
from typing import Any

from aiohttp import web

from bot.demo import BotApi, faults
from bot.demo.limits import Limits

LIMITS = {"strict": Limits(), "soft": Limits().softened(), "none": None}
_KEPT_MESSAGES = 4


class BenchApi(BotApi):
    """A Bot API server that measures how long people wait for answers."""

    def __init__(self) -> None:
        super().__init__()
        self.keep_calls = False
        self.messenger.keep_messages = _KEPT_MESSAGES
        self.askers: range = range(0)
        self.asked = 0
        self.answered_s: list[float] = []
        self.broadcast = self.doubled = 0
        self.first_s = self.last_s = 0.0
        self._waiting: dict[int, deque[float]] = {}
        #: Those who write in a rush, and wait for their answer.
        self.rushing: dict[int, asyncio.Future[float]] = {}
        self.rushed: range = range(0)

    def ask(self, chat_id: int, text: str) -> None:
        """Let a person write; the next message to them is the answer."""
        self.asked += 1
        self._waiting.setdefault(chat_id, deque()).append(time.monotonic())
        self.send_text(chat_id, text)

    async def call(self, method: str, found: dict[str, Any]) -> Any:
        """Carry out *method*, and note when a message was taken."""
        doubles = self.tally.duplicates
        result = await super().call(method, found)
        if method == "sendMessage":
            now_s = time.monotonic()
            chat_id = result["chat"]["id"]
            rushing = self.rushing.pop(chat_id, None)
            if rushing is not None:
                rushing.set_result(now_s)
            elif chat_id in self.rushed:
                pass  # the second message of one answer
            elif chat_id not in self.askers:
                self.broadcast += 1
                self.doubled += self.tally.duplicates - doubles
                self.first_s = self.first_s or now_s
                self.last_s = now_s
            elif waiting := self._waiting.get(chat_id):
                self.answered_s.append(now_s - waiting.popleft())
        return result


class Control:
    """The bench's side of one server."""

    def __init__(self, api: BenchApi) -> None:
        self._api = api
        self._asking: asyncio.Task[None] | None = None

    def app(self) -> web.Application:
        """Return what answers the bench."""
        app = web.Application()
        app.router.add_get("/counters", self._counters)
        app.router.add_post("/people", self._people)
        app.router.add_post("/ask", self._ask)
        app.router.add_post("/rush", self._rush)
        app.router.add_post("/say", self._say)
        app.router.add_post("/fault", self._fault)
        app.router.add_post("/limits", self._limits)
        return app

    async def _counters(self, _: web.Request) -> web.Response:
        api = self._api
        used = resource.getrusage(resource.RUSAGE_SELF)
        answers = sorted(api.answered_s)
        return web.json_response(
            api.tally.wire()
            | {
                "broadcast": api.broadcast,
                "doubled": api.doubled,
                "seconds": api.last_s - api.first_s,
                "asked": api.asked,
                "answered": len(answers),
                "p50_ms": _quantile_ms(answers, 50),
                "p99_ms": _quantile_ms(answers, 99),
                "strict_faults": api.strict_faults[:5],
                "cpu_s": used.ru_utime + used.ru_stime,
            }
        )

    async def _people(self, request: web.Request) -> web.Response:
        body = await request.json()
        for user_id in range(body["first"], body["first"] + body["count"]):
            self._api.add_user(user_id, f"Reader {user_id}", language_code="en", started=True)
        return web.json_response({})

    async def _ask(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if body["per_s"]:
            self._api.askers = range(body["first"], body["first"] + body["count"])
            asking = self._ask_evenly(body["text"], body["per_s"])
            self._asking = asyncio.create_task(asking)
        return web.json_response({})

    async def _ask_evenly(self, text: str, per_s: float) -> None:
        while True:
            for chat_id in self._api.askers:
                self._api.ask(chat_id, text)
                await asyncio.sleep(1 / per_s)

    async def _say(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._api.send_text(body["chat_id"], body["text"])
        return web.json_response({})

    async def _rush(self, request: web.Request) -> web.Response:
        """Let people write without a pause; nobody writes so often that it were a flood."""
        body = await request.json()
        api = self._api
        api.rushed = range(body["first"], body["first"] + body["count"])
        who = itertools.cycle(api.rushed)
        texts = itertools.cycle(body["texts"])
        until_s = time.monotonic() + body["seconds"]
        waited: list[float] = []
        lost = 0

        async def write() -> None:
            nonlocal lost
            while time.monotonic() < until_s:
                chat_id = next(who)
                answer = api.rushing[chat_id] = asyncio.get_running_loop().create_future()
                asked_s = time.monotonic()
                api.send_text(chat_id, next(texts))
                try:
                    waited.append(await asyncio.wait_for(answer, 30) - asked_s)
                except TimeoutError:
                    lost += 1

        began_s = time.monotonic()
        await asyncio.gather(*(write() for _ in range(body["writers"])))
        return web.json_response(
            {
                "answered": len(waited),
                "lost": lost,
                "seconds": time.monotonic() - began_s,
                "p50_ms": _quantile_ms(waited, 50),
                "p99_ms": _quantile_ms(waited, 99),
            }
        )

    async def _fault(self, request: web.Request) -> web.Response:
        body = await request.json()
        kind = body.pop("kind")
        methods = body.pop("methods", [])
        when = {
            name: body.pop(name)
            for name in ("times", "probability", "seed", "chats")
            if name in body
        }
        if kind == "none":
            self._api.faults.clear()
        else:
            self._api.faults.plan(getattr(faults, kind)(**body), *methods, **when)
        return web.json_response({})

    async def _limits(self, request: web.Request) -> web.Response:
        self._api.limits = LIMITS[(await request.json())["kind"]]
        return web.json_response({})


def _quantile_ms(seconds: list[float], percent: int) -> float | None:
    if len(seconds) < 2:
        return None
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


async def serve(limits: Limits | None, latency_s: float, port: int) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    api = BenchApi()
    api.limits, api.latency_s = limits, latency_s
    await api.start(port=port)
    runner = web.AppRunner(Control(api).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    control = f"http://127.0.0.1:{runner.addresses[0][1]}"
    print(json.dumps({"url": api.url, "control": control}), flush=True)
    await stop.wait()
    await runner.cleanup()
    await api.stop()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limits", choices=sorted(LIMITS), default="none")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds to every answer")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    asyncio.run(serve(LIMITS[given.limits], given.latency, given.port))


if __name__ == "__main__":
    main()
