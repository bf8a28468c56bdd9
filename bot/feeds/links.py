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

_GOOGLE_ARTICLE = re.compile(r"//news\.google\.com/(?:rss/)?articles/([\w-]{16,2000})")
_PACKED_ADDRESS = re.compile(rb"https?://[\x21-\x7e]+")


@lru_cache(maxsize=50_000)  # a feed lists the same links at every poll
def canonical_link(link: str) -> str:
    """Return *link* without tracking and fragment; empty for what is no http(s) address."""
    try:
        url = URL(link.strip())
        if url.scheme not in ("http", "https") or not url.host:
            return ""
        kept = [(name, value) for name, value in url.query.items() if not _TRACKING.fullmatch(name)]
        if len(kept) != len(url.query):
            url = url.with_query(kept)
        return str(url.with_fragment(None))
    except ValueError:
        return ""


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
