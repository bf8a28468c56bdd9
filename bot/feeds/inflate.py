"""Unpacking what a server packed, never by more than there is leave for."""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli

from bot.errors import FeedError

_GZIP_MAGIC = b"\x1f\x8b"


class Unpacking(Protocol):
    """Unpacks a stream, piece by piece."""

    def unpack(self, piece: bytes, most: int) -> bytes:
        """Return what *piece* holds; a little over *most* bytes at most, so that more is noticed.

        Raises FeedError for what is damaged.
        """


def choose_unpacking(content_encoding: str) -> Unpacking:
    """Return how to unpack an answer; raises FeedError for an encoding that nobody asked for."""
    match content_encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Zipped(zlib.MAX_WBITS | 16)
        case "deflate":
            return _Zipped(zlib.MAX_WBITS)
        case "br":
            return _Brotli()
        case other:
            raise FeedError(f"packed as {other[:40]!r}, which was not asked for")


class _Plain:
    def unpack(self, piece: bytes, most: int) -> bytes:
        return piece


class _Zipped:
    """gzip, also of several members, and both things that servers call deflate."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._stream: zlib._Decompress | None = None
        self._plain = False

    def unpack(self, piece: bytes, most: int) -> bytes:
        if self._plain or not piece:
            return piece
        if self._stream is None:
            self._begin(piece)
            return self.unpack(piece, most)
        unpacked = bytearray()
        try:
            while piece and len(unpacked) <= most:
                if self._stream.eof:
                    if not piece.startswith(_GZIP_MAGIC):
                        break  # padding after the last member
                    self._stream = zlib.decompressobj(self._window_bits)
                unpacked += self._stream.decompress(piece, most + 1 - len(unpacked))
                piece = self._stream.unconsumed_tail or self._stream.unused_data
        except zlib.error as error:
            raise FeedError("packed data is damaged") from error
        return bytes(unpacked)

    def _begin(self, piece: bytes) -> None:
        if self._window_bits > zlib.MAX_WBITS:
            # Some servers label what they never packed.
            self._plain = not piece.startswith(_GZIP_MAGIC[: len(piece)])
        elif piece[0] & 0x0F != zlib.DEFLATED:
            self._window_bits = -zlib.MAX_WBITS  # raw deflate, without zlib's own header
        self._stream = zlib.decompressobj(self._window_bits)


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def unpack(self, piece: bytes, most: int) -> bytes:
        unpacked = bytearray()
        try:
            unpacked += self._stream.process(piece, output_buffer_limit=most + 1)
            while len(unpacked) <= most and not self._stream.can_accept_more_data():
                unpacked += self._stream.process(b"", output_buffer_limit=most + 1 - len(unpacked))
        except brotli.error as error:
            raise FeedError("packed data is damaged") from error
        return bytes(unpacked)
