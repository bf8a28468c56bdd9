"""Proxies on loopback, of HTTP and of SOCKS5, that note where they are sent; every name is ours."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Proxy:
    """A proxy that may want a user name and a password."""

    login: tuple[str, str] | None = None
    #: How each connection began: a request line of HTTP, or "host:port".
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    #: What was first said through a tunnel to a port where nobody listens.
    said: list[bytes] = field(default_factory=list)
    deaf: bool = False
    port: int = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()

    def url(self, scheme: str, login: str = "") -> str:
        return f"{scheme}://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if self.deaf:
                await reader.read()
            else:
                await self.serve(reader, writer)
        writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    async def pipe(
        self, port: int, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Hand on what comes, to that port of this machine."""
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            self.said.append(first or await reader.read(4_000))
            return
        ours.write(first)

        async def hand_on(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
            while piece := await source.read(65_536):
                to.write(piece)
            to.close()

        with contextlib.suppress(OSError):
            await asyncio.gather(hand_on(reader, ours), hand_on(theirs, writer))


@dataclass
class HttpProxy(Proxy):
    """Takes CONNECT, and requests with a whole address."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, _, rest = head.partition("\r\n")
        self.asked.append(line)
        self.heads.append(rest)
        if self.login and b64encode(":".join(self.login).encode()).decode() not in rest:
            writer.write(_REFUSED)
            return
        method, address, version = line.split()
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await self.pipe(int(address.rpartition(":")[2]), b"", reader, writer)
            return
        url = urlsplit(address)
        path = url.path + (f"?{url.query}" if url.query else "")
        first = f"{method} {path} {version}\r\n{rest}".encode()
        await self.pipe(url.port or 80, first, reader, writer)


@dataclass
class Socks5Proxy(Proxy):
    """Speaks RFC 1928 and RFC 1929."""

    #: What it answers instead of connecting, as the RFC numbers it.
    refusal: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        method = 2 if self.login else 0
        writer.write(bytes([5, method if method in methods else 0xFF]))
        if self.login:
            await reader.readexactly(1)
            said = (await _read_word(reader), await _read_word(reader))
            writer.write(bytes([1, int(said != self.login)]))
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = await _read_word(reader)
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, await reader.readexactly(size))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{host}:{port}")
        writer.write(bytes([5, self.refusal, 0, 1, 0, 0, 0, 0, 0, 0]))
        if not self.refusal:
            await self.pipe(port, b"", reader, writer)


async def _read_word(reader: asyncio.StreamReader) -> str:
    (length,) = await reader.readexactly(1)
    return (await reader.readexactly(length)).decode()
