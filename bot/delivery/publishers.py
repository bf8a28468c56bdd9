"""How publishers are named to readers: with their country and kind, and no judgement."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from bot.delivery.split import cut
from bot.model import PublisherKind, Telling
from bot.texts import Texts

_NAME_UNITS = 100
#: Of one country so many publishers are named.
_MOST_NAMED = 4


def name_publisher(telling: Telling, texts: Texts) -> Markup:
    """Return who printed an item, with its country and kind, or that it is not described."""
    name = escape(cut(telling.item.publisher, _NAME_UNITS))
    if telling.kind is None:
        facts = texts.say("not described by the operator")
    else:
        facts = Markup(", ").join(
            filter(None, [texts.country_name(telling.country), say_kind(telling.kind, texts)])
        )
    return Markup("{} ({})").format(name, facts)


def list_publishers(names: Iterable[str]) -> Markup:
    """Return publishers' names in one line, the last of many counted."""
    every = list(dict.fromkeys(names))
    shown = Markup(", ").join(escape(cut(each, _NAME_UNITS)) for each in every[:_MOST_NAMED])
    rest = len(every) - _MOST_NAMED
    return shown + f" +{rest}" if rest > 0 else shown


def say_kind(kind: PublisherKind, texts: Texts) -> str:
    """Return what kind of publisher it is, without judging it."""
    match kind:
        case PublisherKind.STATE:
            return texts.say("state")
        case PublisherKind.PUBLIC:
            return texts.say("public broadcaster")
        case PublisherKind.INDEPENDENT:
            return texts.say("independent")
        case PublisherKind.PRIVATE:
            return texts.say("privately owned")
        case PublisherKind.PARTY:
            return texts.say("party-affiliated")
        case PublisherKind.AGENCY:
            return texts.say("news agency")
        case PublisherKind.INTERNATIONAL:
            return texts.say("international")
