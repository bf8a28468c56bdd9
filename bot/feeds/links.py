"""One spelling for every link, so that the same page is known as the same."""

from __future__ import annotations

import re

from yarl import URL

# Parameters that tell who sent the reader, never what the page is.
_TRACKING = re.compile(
    r"utm_\w+|at_medium|at_campaign|at_\w+|fbclid|gclid|yclid|ysclid|igshid|mc_[ce]id|_openstat",
    re.IGNORECASE,
)


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
