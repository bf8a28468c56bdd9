"""Unpacking: what servers pack and how they label it are two things, and both have bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FeedError
from bot.feeds.inflate import unpack
from tests.feeds.test_parse import entry, rss

_FEED = rss(entry("Talks"))
_MOST = 1_000_000


def bare_deflate(body: bytes) -> bytes:
    """Return the stream without zlib's header, as some servers send it."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
}


@given(st.binary(min_size=1, max_size=4_000), st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_out(body: bytes, label: str) -> None:
    body = b"<rss>" + body
    assert unpack(PACKERS[label](body), label, _MOST) == body
    assert unpack(PACKERS[label](body), f" {label.upper()} , identity", _MOST) == body


@pytest.mark.parametrize("label", ["utf-8", "UTF-8", "none", "identity", "", "binary", "8bit", "*"])
def test_a_label_that_is_no_encoding_says_nothing(label: str) -> None:
    assert unpack(_FEED, label, _MOST) == _FEED
    assert unpack(gzip.compress(_FEED), label, _MOST) == _FEED
    assert unpack(gzip.compress(_FEED), f"{label}, gzip", _MOST) == _FEED
    assert unpack(zlib.compress(_FEED), label, _MOST) == _FEED


@pytest.mark.parametrize("label", ["gzip", "x-gzip", "deflate", "br", "gzip, br"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n <?xml version='1.0'?>"])
def test_a_feed_that_was_never_packed_is_read_whatever_its_label(label: str, start: bytes) -> None:
    assert unpack(start + _FEED, label, _MOST) == start + _FEED


def test_json_is_a_document_too() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1.1", "items": []}'
    assert unpack(body, "br", _MOST) == body
    assert unpack(b"{ " + body[1:], "deflate", _MOST) == b"{ " + body[1:]


@pytest.mark.parametrize("label", ["", "gzip", "gzip, gzip", "deflate", "br", "utf-8"])
def test_what_gzip_packed_is_known_by_its_first_bytes(label: str) -> None:
    assert unpack(gzip.compress(_FEED), label, _MOST) == _FEED
    assert unpack(gzip.compress(gzip.compress(_FEED)), label, _MOST) == _FEED


def test_a_packed_file_that_was_packed_again_is_unpacked_twice() -> None:
    assert unpack(zlib.compress(gzip.compress(_FEED)), "deflate", _MOST) == _FEED
    assert unpack(brotli.compress(gzip.compress(_FEED)), "gzip, br", _MOST) == _FEED
    assert unpack(gzip.compress(brotli.compress(_FEED)), "br, gzip", _MOST) == _FEED


def test_both_things_that_servers_call_deflate_are_unpacked() -> None:
    assert unpack(bare_deflate(_FEED), "deflate", _MOST) == _FEED
    assert unpack(zlib.compress(_FEED), "deflate", _MOST) == _FEED


def test_every_member_of_a_file_counts_and_padding_does_not() -> None:
    half = len(_FEED) // 2
    members = gzip.compress(_FEED[:half]) + gzip.compress(_FEED[half:])
    assert unpack(members + bytes(100), "gzip", _MOST) == _FEED


def test_what_was_cut_short_gives_what_came() -> None:
    body = _FEED * 50
    for label, pack in PACKERS.items():
        packed = pack(body)
        assert body.startswith(unpack(packed[: len(packed) - 4], label, _MOST))


def test_what_only_looks_packed_is_left_to_the_parser() -> None:
    for body in (b"", b"\x1f", b"x", b"plain words", bytes(range(256))):
        assert unpack(body, "", _MOST) == body
        assert unpack(body, "gzip", _MOST) == body


@pytest.mark.parametrize(
    ("body", "label", "said"),
    [
        (b"\x1f\x8b\x08" + bytes(range(200)), "gzip", "damaged"),
        (b"\x1f\x8b" + bytes(range(200)), "", "damaged"),
        (bytes(range(5, 200)), "br", "damaged"),
        (bytes(range(200, 256)), "deflate", "damaged"),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "", "zstd"),
        (gzip.compress(gzip.compress(gzip.compress(gzip.compress(_FEED)))), "", "times over"),
    ],
)
def test_what_cannot_be_unpacked_is_a_failure_that_says_why(
    body: bytes, label: str, said: str
) -> None:
    with pytest.raises(FeedError, match=said):
        unpack(body, label, _MOST)


@pytest.mark.parametrize("label", ["", *PACKERS])
def test_a_bomb_is_refused_labelled_or_not_and_however_often_it_was_packed(label: str) -> None:
    bomb = bytes(3 * _MOST)
    packed = PACKERS[label or "gzip"](bomb)
    with pytest.raises(FeedError, match="larger than"):
        unpack(packed, label, _MOST)
    with pytest.raises(FeedError, match="larger than"):
        unpack(gzip.compress(packed), f"{label}, gzip", _MOST)


@given(
    st.binary(max_size=300)
    | st.binary(max_size=300).map(gzip.compress)
    | st.binary(max_size=300).map(zlib.compress),
    st.text(max_size=20) | st.lists(st.sampled_from(sorted(PACKERS)), max_size=4).map(",".join),
    st.integers(0, 40),
    st.binary(max_size=4),
)
def test_whatever_comes_is_unpacked_or_refused(
    body: bytes, label: str, at: int, put: bytes
) -> None:
    try:
        unpacked = unpack(body[:at] + put + body[at + len(put) :], label, 2_000)
    except FeedError:
        return
    assert len(unpacked) <= 2_000
