"""Unpacking what a server packed, whatever it says of it, never by more than there is leave for."""

from __future__ import annotations

import re
import zlib

import brotli

from bot.errors import FeedError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CODINGS = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br"}
#: A file that is packed, sent packed by a server behind another; more is mischief.
_MOST_LAYERS = 3
_DOCUMENT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<(?:\?xml|rss|feed|rdf:|!--|!doctype|html|channel)|\{\s*\"\w\w)",
    re.IGNORECASE,
)


def unpack(body: bytes, content_encoding: str, most: int) -> bytes:
    """Return what was packed, once or more often; a little over *most* bytes raise FeedError.

    The first bytes count before the label: servers label what they never packed, pack what they do
    not label, and name charsets as encodings. Raises FeedError for what is damaged too.
    """
    labels = [each.strip().lower() for each in content_encoding.split(",")]
    codings = [_CODINGS[label] for label in labels if label in _CODINGS]
    for _ in range(_MOST_LAYERS):
        coding = _recognise(body, codings.pop() if codings else "")
        if not coding:
            return body
        body = _unpack_layer(body, coding, most)
    if _recognise(body, ""):
        raise FeedError(f"packed more than {_MOST_LAYERS} times over")
    return body


def _recognise(body: bytes, label: str) -> str:
    """Return how a body is packed; empty when it is not."""
    if body.startswith(_GZIP):
        return "gzip"
    if body.startswith(_ZSTD):
        raise FeedError("packed as zstd, which was not asked for")
    if label == "gzip" or _DOCUMENT.match(body):
        return ""
    # The two bytes of zlib's header are a multiple of 31 (RFC 1950).
    zlibs = len(body) > 2 and body[0] == 0x78 and int.from_bytes(body[:2], "big") % 31 == 0
    return label or ("deflate" if zlibs else "")


def _unpack_layer(body: bytes, coding: str, most: int) -> bytes:
    try:
        match coding:
            case "gzip":
                unpacked = _unzip(body, zlib.MAX_WBITS | 16, most)
            case "deflate":
                # Both are called so: zlib's format, and the bare stream without its header.
                bare = not body or body[0] & 0x0F != zlib.DEFLATED
                unpacked = _unzip(body, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS, most)
            case _:
                unpacked = _unpack_brotli(body, most)
    except (zlib.error, brotli.error) as error:
        raise FeedError("packed data is damaged") from error
    if len(unpacked) > most:
        raise FeedError(say_too_large(most))
    return unpacked


def say_too_large(most: int) -> str:
    """Return what is wrong with an answer of over *most* bytes."""
    return f"larger than {most // 1024 // 1024} MiB"


def _unzip(body: bytes, window_bits: int, most: int) -> bytes:
    """Unpack every member of a file; what follows the last is padding."""
    unpacked = bytearray()
    while len(unpacked) <= most:
        stream = zlib.decompressobj(window_bits)
        unpacked += stream.decompress(body, most + 1 - len(unpacked))
        body = stream.unused_data
        if not body.startswith(_GZIP):
            break
    return bytes(unpacked)


def _unpack_brotli(body: bytes, most: int) -> bytes:
    stream = brotli.Decompressor()
    unpacked = bytearray(stream.process(body, output_buffer_limit=most + 1))
    while len(unpacked) <= most and not stream.can_accept_more_data():
        unpacked += stream.process(b"", output_buffer_limit=most + 1 - len(unpacked))
    return bytes(unpacked)
