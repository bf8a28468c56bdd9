"""How alerts, digests and lists of items read: Telegram's HTML, everything foreign escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup, escape
from yarl import URL

from bot.delivery.bulletin import is_late
from bot.delivery.split import count_units, cut, join_blocks
from bot.model import Item, Subscriber
from bot.texts import Texts

_TITLE_UNITS = 300
#: A keyword, and a publisher's name, is shown to this length.
KEYWORD_UNITS = 100
#: A longer link is left out: cut it would lead nowhere, whole it would crowd a message out.
_LINK_UNITS = 1_000


def safe_link(link: str) -> str:
    """Return *link* if a person may be sent there: http or https with a host; else nothing."""
    try:
        url = URL(link)
    except ValueError:
        return ""
    if url.scheme not in ("http", "https") or not url.host:
        return ""
    if count_units(escape(link)) > _LINK_UNITS:
        return ""
    return link


def render_bulletin(
    stories: Sequence[tuple[Item, Sequence[str]]],
    reader: Subscriber,
    texts: Texts,
    now: datetime,
) -> tuple[str, int]:
    """Return one message that tells of several stories, oldest first, and of how many it tells.

    *stories* are items with the reader's keywords that they match. Those that do not fit are left
    to the next message; the first always fits.
    """
    late = any(is_late(item.seen_at, now) for item, _ in stories)
    lines = [render_line(item, reader, texts, now) for item, _ in stories]
    for told in range(len(lines), 0, -1):
        keywords = dict.fromkeys(word for _, words in stories[:told] for word in words)
        head = texts.count(
            "🔔 <b>{n} alert</b> · {keywords}",
            "🔔 <b>{n} alerts at once</b> · {keywords}",
            told,
            keywords=Markup(", ").join(
                cut_escaped(word, KEYWORD_UNITS) for word in list(keywords)[:5]
            ),
        )
        blocks = [str(head)]
        if late:
            said = texts.say("Older news is among them: it could not be delivered before.")
            blocks.append(f"<i>{said}</i>")
        messages = join_blocks([*blocks, *lines[:told]])
        if len(messages) == 1:
            return messages[0], told
    raise ValueError("a bulletin of nothing")


def render_line(item: Item, reader: Subscriber, texts: Texts, now: datetime) -> str:
    """Return one item as a line of a list: its linked title, then who, in what language, when."""
    return Markup("• {}\n   <i>{}</i>").format(
        linked(item, bold=False), say_origin(item, reader, texts, now)
    )


def render_plain(html: str) -> str:
    """Return a message as plain text, for when Telegram cannot read its markup."""
    from bs4 import BeautifulSoup  # seldom needed, and 7 MB

    return cut(BeautifulSoup(html, "html.parser").get_text(), 2_000)


def linked(item: Item, *, bold: bool) -> Markup:
    """Return an item's title, leading to where it stands."""
    title = cut_escaped(item.title, _TITLE_UNITS)
    if bold:
        title = Markup("<b>{}</b>").format(title)
    link = safe_link(item.link)
    return Markup('<a href="{}">{}</a>').format(link, title) if link else title


def cut_escaped(text: str, units: int) -> Markup:
    """Return foreign *text* for HTML, cut; one that is all `&` and `"` is cut shorter still.

    Escaped it may be five times as long: a line of such a title would fit no message.
    """
    longest = 2 * units
    escaped = escape(cut(text, units))
    while count_units(escaped) > longest:
        units = units * 3 // 4
        escaped = escape(cut(text, units))
    return escaped


def say_origin(item: Item, reader: Subscriber, texts: Texts, now: datetime) -> Markup:
    """Return who printed an item, in what language and when, in the reader's own time."""
    when = texts.moment(item.published_at, reader.zone, now)
    who = cut_escaped(item.publisher, KEYWORD_UNITS)
    return Markup(" · ").join(filter(None, [who, name_language(item, texts), when]))


def name_language(item: Item, texts: Texts) -> str:
    """Return what the reader calls an item's language; nothing for "other", which has no name."""
    return texts.language_name(item.language) if item.language in texts.locale.languages else ""
