"""Looking up the addresses of feeds' hosts, in threads that nobody else waits for.

A name server that does not answer holds its thread for as long as the system's resolver is patient.
asyncio's own threads serve files and the database too, and are waited for at the end: twelve dead
names would hold up replies, other feeds and the exit.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

#: The system asks its second name server after five seconds.
_LOOKUP_S = 8.0
#: Lookups at a time; what hangs keeps its place.
_MOST = 64

Found = list[tuple[Any, ...]]
LookUp = Callable[[str, int], Found]


class NameResolver(AbstractResolver):
    """Resolves names, each in a thread of its own that ends with the process if it must.

    Several who ask for one name wait for one lookup.
    """

    def __init__(self, look_up: LookUp | None = None) -> None:
        """*look_up* is asked with a host and a family of addresses, and may take its time."""
        self._look_up = look_up or _ask_system
        self._under_way: dict[tuple[str, int], asyncio.Task[Found]] = {}
        self._places = asyncio.Semaphore(_MOST)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raise OSError when there is none within eight seconds."""
        lookup = self._under_way.get((host, family))
        if lookup is None:
            lookup = asyncio.create_task(self._look_up_apart(host, family))
            self._under_way[host, family] = lookup
            lookup.add_done_callback(lambda done: self._forget(host, family, done))
        try:
            found = await asyncio.wait_for(asyncio.shield(lookup), _LOOKUP_S)
        except TimeoutError:
            said = f"no name server told the address of {host} within {_LOOKUP_S:.0f} s"
            raise OSError(errno.EHOSTUNREACH, said) from None
        return [
            ResolveResult(
                hostname=host,
                host=_write_address(address),
                port=port,
                family=its_family,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for its_family, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Wait for nobody: threads that still hang end with the process."""
        for lookup in list(self._under_way.values()):
            lookup.cancel()

    async def _look_up_apart(self, host: str, family: int) -> Found:
        async with self._places:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[Found] = loop.create_future()

            def settle(found: Found | None, error: BaseException | None) -> None:
                if answer.done():
                    return
                if error is not None:
                    answer.set_exception(error)
                else:
                    answer.set_result(found or [])

            def work() -> None:
                found, failed = None, None
                try:
                    found = self._look_up(host, family)
                except Exception as error:
                    # Whatever it is, whoever waits must be told.
                    failed = error
                # The loop may be closed by now.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(settle, found, failed)

            threading.Thread(target=work, name=f"names {host[:60]}", daemon=True).start()
            return await answer

    def _forget(self, host: str, family: int, done: asyncio.Task[Found]) -> None:
        self._under_way.pop((host, family), None)
        if not done.cancelled():
            # Its failure was told to those who waited; perhaps nobody does any more.
            done.exception()


def _ask_system(host: str, family: int) -> Found:
    # Only families of which this machine has an address itself.
    return socket.getaddrinfo(
        host, 0, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
    )


def _write_address(address: tuple[Any, ...]) -> str:
    # Of a link's own addresses of IPv6, the number of the link is a part.
    scope = address[3] if len(address) > 3 else 0
    return f"{address[0]}%{scope}" if scope else str(address[0])
