"""How long a process lives: until a signal, or until something in it cannot go on."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence

from bot.chat.receive import Receiver
from bot.chat.webhook import WebhookKeeper
from bot.errors import SahmanError
from bot.sending.sender import Sender

# With all else under the ten seconds in which SIGTERM must have ended everything.
_SENDING_MAY_TAKE_S = 5.0

Runner = Receiver | WebhookKeeper | Sender


def settle_memory() -> None:
    """Tell the garbage collector that what is loaded by now stays.

    Looking through the dictionaries again and again would hold up a reply by 150 ms each time.
    """
    gc.collect()
    gc.freeze()
    # A thread that reads news or writes rows gives way to a reply sooner than by default.
    sys.setswitchinterval(0.002)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set *stop* on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)


async def run_until_stopped(stop: asyncio.Event, runners: Sequence[Runner]) -> None:
    """Receive and send until *stop*, or until one of them cannot go on; then let both end."""
    stopping = asyncio.create_task(stop.wait(), name="stop")
    running = {asyncio.create_task(runner.run(stop)) for runner in runners}
    try:
        await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        if running:
            _, late = await asyncio.wait(running, timeout=_SENDING_MAY_TAKE_S)
            for task in late:
                task.cancel()
        for runner in runners:
            if isinstance(runner, Sender):
                await runner.abandon()
        for result in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(result, SahmanError):
                raise result
            if isinstance(result, Exception):
                raise RuntimeError("receiving or sending broke") from result
    finally:
        stop.set()
        stopping.cancel()
