"""One spelling for every link, so that the same page is known as the same."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from yarl import URL

# Parameters that tell who sent the reader, never what the page is.
_TRACKING = re.compile(
    r"utm_\w+|at_medium|at_campaign|at_\w+|fbclid|gclid|dclid|msclkid|twclid|yclid|ysclid|igshid"
    r"|mc_[ce]id|mkt_tok|_openstat|_ga|_gl|_hsenc|_hsmi|wt_mc|xtor|cmpid",
    re.IGNORECASE,
)

# The same where it stands in a fragment: `#xtor=RSS-1`, `#utm_source=feed`, `#ref=rss`, `#rss`.
_TRACKING_FRAGMENT = re.compile(
    rf"(?:(?:{_TRACKING.pattern}|ref|from|source|src|intcid|echobox|via)=[^&]*(?:&|$))+"
    r"|rss|xtor|:~:.*|\.[\w-]{8,}|top|comments|respond|more(?:-\d+)?|disqus_thread",
    re.IGNORECASE,
)
_NOTHING = frozenset({
    "n/a", "na", "none", "null", "nil", "nan", "undefined", "unknown", "false", "true", "tbd",
    "guid", "link", "url", "id", "about:blank", "http://", "https://", "(none)", "(null)",
    "[object]",
})  # fmt: skip
_SCHEME = re.compile(r"^https?://(?:www\.)?")
_LAST_SLASHES = re.compile(r"/+(?=[?#]|$)")
#: Longer ones are rare, and would fill what remembers them.
_REMEMBERED_CHARS = 500

_GOOGLE_ARTICLE = re.compile(r"//news\.google\.com/(?:rss/)?articles/([\w-]{16,2000})")
_PACKED_ADDRESS = re.compile(rb"https?://[\x21-\x7e]+")


def canonical_link(link: str) -> str:
    """Return *link* without what only tracks; empty for what is no http(s) address.

    Its fragment stays: `live#post-77` is one post of a page, `#/news/5` a page of an application.
    """
    if len(link) > _REMEMBERED_CHARS:
        return _canonical_link(link)
    return _remembered_link(link)


def same_address(link: str) -> str:
    """Return a canonical link in the form in which two spellings of one address are equal.

    Without scheme, `www.` and the slash at the end of its path.
    """
    return _LAST_SLASHES.sub("", _SCHEME.sub("", link), count=1)


def is_home_page(link: str) -> bool:
    """Say whether a canonical link is a site's first page, which is no item."""
    return bool(link) and "/" not in same_address(link) and not {*"?#"} & {*link}


def says_nothing(name: str) -> bool:
    """Say whether a guid or a link carries nothing: "N/A", "-", "#"."""
    return not any(map(str.isalnum, name)) or name.casefold() in _NOTHING


def _canonical_link(link: str) -> str:
    try:
        url = URL(link.strip())
        if url.scheme not in ("http", "https") or not url.host:
            return ""
        kept = [(name, value) for name, value in url.query.items() if not _TRACKING.fullmatch(name)]
        if len(kept) != len(url.query):
            url = url.with_query(kept)
        if url.fragment and _TRACKING_FRAGMENT.fullmatch(url.fragment):
            url = url.with_fragment(None)
        return str(url)
    except ValueError:
        return ""


#: A feed lists the same links at every poll.
_remembered_link = lru_cache(maxsize=50_000)(_canonical_link)


def read_aggregated_link(link: str) -> str:
    """Return the article that a redirect link of Google News leads to, where the link itself says.

    Newer ones hide it; they stay as they are, since asking Google for each would not be polite.
    """
    found = _GOOGLE_ARTICLE.search(link)
    if not found:
        return link
    try:
        packed = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
    except (binascii.Error, ValueError):
        return link
    address = _PACKED_ADDRESS.search(packed)
    return address[0].decode("ascii") if address else link
