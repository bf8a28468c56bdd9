"""From the markup of a feed to what a person would read: plain text, without furniture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bot.feeds.markup import read_markup

# \s knows the controls that are spaces.
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
# Soft hyphens, places where a line may break, byte order marks; overrides and isolates of
# direction, which would turn the words around them that are ours.
_UNSEEN = re.compile("[\u00ad\u180e\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Tags by the hundred thousand serve no reader: what stands after so much markup is not read.
_LONGEST_MARKUP = 200_000

# What invites to click, in a phrase of its own at the end.
_INVITATIONS = (
    r"read (?:more|on|(?:the )?full (?:story|article|text))(?: (?:at|on|in|»|→).*)?",
    r"continue reading.*",
    r"(?:click here|see) (?:to read )?(?:for )?more",
    r"full (?:story|article|text)",
    r"more",
    r"the post .{0,300}? (?:first appeared|appeared first) on .{0,100}",
    r"подробнее(?: (?:на сайте|на|в|по ссылке).{0,80})?",
    r"подробности(?: (?:на сайте|по ссылке).{0,80})?",
    r"читать? (?:далее|дальше|полностью|подробнее|ещ[её]|больше|весь текст|на сайте).{0,80}",
    r"читайте (?:далее|полностью|подробнее|на сайте).{0,80}",
    r"далее",
    r"(?:сообщение|запись) .{0,300}? (?:впервые появил\w+|появил\w+ сначала) (?:на|в) .{0,100}",
    r"ավելին",
    r"ավելի մանրամասն",
    r"մանրամասն(?:եր(?:ը|ն)?)?(?: .{0,60}կայքում)?",
    r"(?:կարդալ|կարդացեք|կարդա) (?:ավելին|ամբողջությամբ|ամբողջը|մանրամասն|շարունակությունը).{0,80}",
    r"շարունակությունը(?: .{0,80})?",
)  # fmt: skip
_INVITATION = re.compile(
    rf"(?:^|(?<=[.!?…։:»)\]|>›→])\s*|\s+[-–—|]\s*|\.{{2,3}}\s*)[\[(<]?\s*(?:{'|'.join(_INVITATIONS)})"
    r"\s*[\])>]?\s*[.…։»›→>]*\s*$",
    re.IGNORECASE,
)
_CUT_MARK = re.compile(r"\s*\[(?:…|\.\.\.|&hellip;)\]\s*$")
_LAST_SENTENCE = re.compile(r"(?<=[.!?…։])\s+(?=[^.!?…։]{8,200}[.!?…։]?\s*$)")
_LEAST_SHARERS = 5
_SHARED_BY = 0.8


def clean_text(markup: str, limit: int) -> str:
    """Return what a person would read of *markup*: no tags, no entities, single spaces.

    Nothing that only machines see: soft hyphens, marks that turn the direction of what follows.
    """
    text = markup[:_LONGEST_MARKUP]
    for _ in range(2):  # feeds escape twice as often as once
        if "<" in text or "&" in text:
            text = read_markup(text)
    text = _SPACES.sub(" ", _UNSEEN.sub("", text)).strip()
    return text if len(text) <= limit else text[:limit].rstrip()


def drop_invitation(summary: str) -> str:
    """Return *summary* without the publisher's "read more" at its end, in three languages."""
    for _ in range(3):
        shorter = _CUT_MARK.sub("…", _INVITATION.sub("", summary)).rstrip()
        if shorter == summary:
            break
        summary = shorter
    return summary


def find_shared_ending(summaries: Sequence[str]) -> str:
    """Return the last sentence that nearly all summaries of a document share, or nothing."""
    endings = Counter(
        summary[found.end() :]
        for summary in summaries
        if (found := _LAST_SENTENCE.search(summary)) is not None
    )
    if not endings:
        return ""
    ending, sharers = endings.most_common(1)[0]
    many = sharers >= _LEAST_SHARERS and sharers >= _SHARED_BY * len(summaries)
    return ending if many else ""
