"""Every sentence the bot says, in Armenian, Russian and English (gettext catalogues).

In code a sentence stands in English; `hy.po` and `ru.po` beside this file hold what is said
instead. Catalogues are compiled in memory at start: there is no build step to forget.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup

LANGUAGES = ("hy", "ru", "en")
#: What a language calls itself, for the buttons by which a person finds it.
OWN_NAMES: Mapping[str, str] = {"hy": "Հայերեն", "ru": "Русский", "en": "English"}


class Texts:
    """The sentences of one language; values put into them are escaped for HTML."""

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self._translations = translations
        # In Armenian the month comes first: նոյեմբերի 23.
        self._day_pattern = "MMMM d" if language == "hy" else "d MMMM"
        self._short_day_pattern = "MMM d" if language == "hy" else "d MMM"

    def say(self, sentence: str, **values: object) -> Markup:
        """Return a sentence with its `{values}`; what is not Markup already is escaped."""
        return Markup(self._translations.gettext(sentence)).format(**values)  # noqa: S704 - ours

    def count(self, one: str, many: str, n: int, **values: object) -> Markup:
        """Return a sentence in the plural form that *n* takes in this language."""
        translated = self._translations.ngettext(one, many, n)
        return Markup(translated).format(n=n, **values)  # noqa: S704 - ours

    def language_name(self, code: str) -> str:
        """Return what this language calls the language *code*."""
        return str(self.locale.languages.get(code, code))

    def country_name(self, code: str) -> str:
        """Return what this language calls a country (ISO 3166); of a body such as UN, its code."""
        return str(self.locale.territories.get(code, code))

    def duration(self, lasted: timedelta) -> str:
        """Return how long something lasted, as people say it: 40 minutes, 3 hours.

        It stands in the accusative, as behind "for": уже 1 минуту.
        """
        # Told in minutes up to two hours, then in hours, then in days.
        whole = max(timedelta(minutes=1), lasted)
        said = format_timedelta(whole, threshold=2, granularity="minute", locale=self.locale)
        if self.language == "ru":
            said = said.replace("минута", "минуту").replace("неделя", "неделю")
        return said

    def time(self, at: datetime, zone: str) -> str:
        """Return the local time of day."""
        return format_time(at, "HH:mm", tzinfo=ZoneInfo(zone), locale=self.locale)

    def date(self, day: str) -> str:
        """Return the day and month of an ISO date."""
        return format_date(date.fromisoformat(day), self._day_pattern, locale=self.locale)

    def moment(self, at: datetime, zone: str, now: datetime) -> str:
        """Return the local time of day, with the day before it where that is not today."""
        day, time = self.day(at, zone), self.time(at, zone)
        return time if day == self.day(now, zone) else f"{day}, {time}"

    def zone_name(self, zone: str) -> str:
        """Return what this language calls a zone: its city, or its offset."""
        if zone.startswith("Etc/GMT"):
            # POSIX signs: Etc/GMT-4 is four hours ahead of Greenwich.
            return f"UTC{'+' if zone[7] == '-' else '−'}{zone[8:]}"
        city = self.locale.time_zones.get(zone, {}).get("city")
        return str(city or zone.rpartition("/")[2].replace("_", " "))

    def weekday(self, day: int) -> str:
        """Return the name of a day of the week, Monday being 0."""
        return str(self.locale.days["stand-alone"]["wide"][day])

    def day(self, at: datetime, zone: str) -> str:
        """Return the local day and month."""
        local = at.astimezone(ZoneInfo(zone))
        return format_date(local, self._day_pattern, locale=self.locale)

    def short_day(self, at: datetime, zone: str) -> str:
        """Return the local day and month, the month shortened, for where there is little room."""
        local = at.astimezone(ZoneInfo(zone))
        return format_date(local, self._short_day_pattern, locale=self.locale)


@cache
def load_texts() -> Mapping[str, Texts]:
    """Return the sentences of every language, by its code."""
    return {language: Texts(language, _load(language)) for language in LANGUAGES}


def choose_language(code: str | None) -> str:
    """Return the language to speak to someone whose Telegram speaks *code* (IETF tag)."""
    short = (code or "").split("-")[0].lower()
    return short if short in LANGUAGES else "en"


def _load(language: str) -> gettext.NullTranslations:
    catalogue = resources.files(__package__).joinpath(f"{language}.po")
    if not catalogue.is_file():  # English: the sentences of the code
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(catalogue.read_bytes()), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
