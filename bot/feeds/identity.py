"""What tells an item from the others of its feed, and from those that came before."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from bot.feeds.links import canonical_link, is_home_page, same_address
from bot.model import ParsedItem

#: Longer ones are compared by their hash: an index has room for no more.
_MOST_KEY_BYTES = 400
_WORD = re.compile(r"[^\W\d_]+")


class By(Enum):
    """Which of an item's parts tells it from others."""

    GUID = auto()
    LINK = auto()
    TITLE = auto()  #: with its date


@dataclass(frozen=True, slots=True)
class Identity:
    """How an item is known again."""

    by: By
    key: str
    link: str  #: its address in comparable form; empty where that says nothing
    own: bool = True  #: of its document, no other item bears that address
    older_keys: tuple[str, ...] = ()  #: by which earlier versions of Sahman may have stored it


def identify(items: Sequence[ParsedItem], *, use_guids: bool = True) -> list[Identity]:
    """Return what tells each of a document's items from the others.

    Its guid where it is the only one that bears it, whatever its link; else its link, fragment
    included, on the same condition; else its title and date. A guid that is an address is compared
    without scheme, `www.`, last slash and tracking; a site's first page is nobody's address.
    """
    links = [_comparable(item.link) for item in items]
    guids = [_read_guid(item.guid) if use_guids else "" for item in items]
    alike, written = Counter(guids), Counter(item.guid for item in items)
    shared = Counter(links)
    identities = []
    for item, guid, link in zip(items, guids, links, strict=True):
        own = bool(link) and shared[link] == 1
        if guid and written[item.guid] == 1:
            # Two spellings of one address side by side are two names after all.
            key = guid if alike[guid] == 1 else item.guid
            older = () if key == item.guid else (item.guid,)
            identities.append(Identity(By.GUID, bound_key(key), link, own, older))
        elif own:
            identities.append(Identity(By.LINK, bound_key(link), link, own, (item.link,)))
        else:
            identities.append(_identify_by_title(item, link))
    return identities


def bound_key(key: str) -> str:
    """Return a key as it is stored: itself, or its hash where it is long."""
    if len(key.encode()) <= _MOST_KEY_BYTES:
        return key
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def _identify_by_title(item: ParsedItem, link: str) -> Identity:
    date = item.published_at.isoformat() if item.published_at else ""
    digest = hashlib.sha256(f"{item.title}\n{date}".encode()).hexdigest()
    older = hashlib.sha1(item.title.encode()).hexdigest()  # noqa: S324 - a name, no secret
    return Identity(By.TITLE, f"title:{digest[:40]}", link, False, (older,))


def hash_text(title: str, summary: str) -> int:
    """Return a signed 64-bit hash of an item's words, never 0; numbers of a summary do not count.

    Publishers print there how many have read it, and how long ago it was.
    """
    words = " ".join(_WORD.findall(summary.casefold()))
    digest = hashlib.blake2b(f"{title}\n{words}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


@lru_cache(maxsize=8_192)
def _comparable(link: str) -> str:
    link = canonical_link(link)
    return "" if is_home_page(link) else same_address(link)


def _read_guid(guid: str) -> str:
    if not guid.lower().startswith(("http://", "https://")):
        return guid
    return _comparable(guid) or ("" if is_home_page(canonical_link(guid)) else guid)
