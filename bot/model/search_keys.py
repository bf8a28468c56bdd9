"""Search keys: words in comparable form as the integers that are stored and looked up."""

from __future__ import annotations

import functools
import hashlib

# Names and endings come again and again.
_HELD = 16_384


@functools.lru_cache(_HELD)
def hash_key(key: str) -> int:
    """Return a word's comparable form as a signed 64-bit integer, the same in every process."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
