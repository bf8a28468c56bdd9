"""The feed list from feeds.yaml: strict, every problem at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.config.mistakes import LONGEST_S, check_url, not_utf8, say_detail, suggest
from bot.errors import ConfigError, Problem
from bot.model import Publisher, PublisherKind

_SHORTEST_S = 30
_NOTHING = SecretStr("")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)
#: What the environment holds; None: it is not at hand, and nothing is looked up there.
Variables = Mapping[str, SecretStr] | None
_Entry = TypeVar("_Entry", bound=BaseModel)


class PublisherEntry(BaseModel, frozen=True, extra="forbid"):
    """Who stands behind feeds, as the operator wrote it down."""

    country: str = Field(pattern=r"^[A-Z]{2,4}$")  # ISO 3166, or a body such as UN, OSCE
    kind: PublisherKind
    family: str = ""
    city: str = Field(default="", max_length=60)
    #: Where a reader can check all this: one address or a list of them.
    source: tuple[str, ...] = ()

    @field_validator("city")
    @classmethod
    def _city(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line")
        return value.strip()

    @field_validator("source", mode="before")
    @classmethod
    def _source(cls, value: object) -> tuple[str, ...]:
        addresses = [value] if isinstance(value, str) else value
        if not isinstance(addresses, list | tuple) or not addresses:
            raise ValueError("must be an address of the web, or a list of them")
        for address in addresses:
            if not isinstance(address, str):
                raise ValueError(f"{address!r} is not a URL that begins with http:// or https://")
            check_url(address)
        return tuple(addresses)

    def named(self, name: str) -> Publisher:
        """Return what is stored and shown of it; of several sources the first."""
        return Publisher(
            name=name,
            country=self.country,
            kind=self.kind,
            family=self.family,
            city=self.city,
            source=self.source[0] if self.source else "",
        )


class FeedEntry(BaseModel, frozen=True, extra="forbid"):
    """One feed, as the operator wrote it down."""

    name: str = Field(min_length=1, max_length=100)
    url: str
    publisher: str
    language: Literal["hy", "ru", "en", "mixed", "other"]
    every_s: int = Field(default=300, ge=1, le=LONGEST_S)
    timezone: str = "UTC"
    user_agent: str = ""
    enabled: bool = True
    urgent: bool = False
    allow_private: bool = False
    #: For servers that ask for them; either may name a variable of the environment: $NAME.
    username: SecretStr = _NOTHING
    password: SecretStr = _NOTHING

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        check_url(value)
        return value

    @field_validator("username", "password")
    @classmethod
    def _login(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if not value.get_secret_value().isprintable():
            raise ValueError("must be letters, digits and signs")
        # RFC 7617: the first colon ends the name.
        if info.field_name == "username" and ":" in value.get_secret_value():
            raise ValueError("a user name holds no colon")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone such as Asia/Yerevan")
        return value


@dataclass(frozen=True, slots=True)
class FeedList:
    """The whole of feeds.yaml."""

    publishers: Mapping[str, PublisherEntry]
    feeds: tuple[FeedEntry, ...]


def load_feeds(path: Path, variables: Variables = None) -> FeedList:
    """Read feeds.yaml; raise ConfigError with every problem, its line and its remedy.

    User names and passwords are there only with the *variables* that may hold them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        remedy = "Go to Sahman's folder, write one by `init`, or set BOT_FEEDS to yours"
        raise ConfigError([Problem(str(path), "is not there", remedy)]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([not_utf8(path, error)]) from error
    except OSError as error:
        remedy = "Let the user who runs Sahman read it, or set BOT_FEEDS to another"
        what = f"cannot be read ({error.strerror})"
        raise ConfigError([Problem(str(path), what, remedy)]) from error
    return parse_feeds(text, path.name, variables)


def parse_feeds(text: str, name: str = "feeds.yaml", variables: Variables = None) -> FeedList:
    """Read the text of a feeds.yaml; raise ConfigError with every problem, line and remedy."""
    try:
        document = YAML(typ="rt").load(text)
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        where = f"{name} line {mark.line + 1}" if mark else name
        what = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise ConfigError([Problem(where, f"is not YAML: {what}", "Mend that line")]) from error
    return _FeedsReader(name, variables).read(document)


class _FeedsReader:
    """Turns the YAML document into configuration and collects what is wrong with it."""

    def __init__(self, name: str, variables: Variables) -> None:
        self._name = name
        self._variables = variables
        self._problems: list[Problem] = []

    def read(self, document: Any) -> FeedList:
        if not isinstance(document, CommentedMap):
            self._report(0, "holds no feeds", "Begin with 'publishers:' and 'feeds:'")
            raise ConfigError(self._problems)
        for key in document:
            if key not in ("publishers", "feeds"):
                line = document.lc.key(key)[0]
                hint = suggest(str(key), ["publishers", "feeds"])
                self._report(line, f"unknown key {key!r}", hint)
        publishers = self._publishers(document)
        feeds = self._feeds(document, publishers)
        if self._problems:
            raise ConfigError(self._problems)
        return FeedList(publishers, tuple(feeds))

    def _report(self, line: int, what: str, remedy: str) -> None:
        self._problems.append(Problem(f"{self._name} line {line + 1}", what, remedy))

    def _publishers(self, document: CommentedMap) -> dict[str, PublisherEntry]:
        entries = document.get("publishers") or CommentedMap()
        if not isinstance(entries, CommentedMap):
            self._report(document.lc.key("publishers")[0], "publishers is not a list of names", "")
            return {}
        publishers = {}
        for name, entry in entries.items():
            line = entries.lc.key(name)[0]
            publisher = self._validate(PublisherEntry, entry, line, f"publisher {name!r}")
            if publisher is not None:
                publishers[str(name)] = publisher
        return publishers

    def _feeds(
        self, document: CommentedMap, publishers: dict[str, PublisherEntry]
    ) -> list[FeedEntry]:
        entries = document.get("feeds")
        if not isinstance(entries, list) or not entries:
            self._report(0, "lists no feeds", "Add at least one under 'feeds:'")
            return []
        feeds: list[FeedEntry] = []
        first_line: dict[tuple[str, str], int] = {}
        declared = document.get("publishers") or {}
        for index, entry in enumerate(entries):
            line = entries.lc.item(index)[0]  # type: ignore[attr-defined]
            name = entry.get("name") if isinstance(entry, CommentedMap) else None
            noun = f"feed {name!r}" if name else "feed"
            feed = self._validate(FeedEntry, entry, line, noun)
            if isinstance(entry, CommentedMap):
                # On what is written, good or not: one mistake must not hide another.
                self._check_publisher(entry, noun, [str(known) for known in declared])
                self._check_unique(entry, noun, line, first_line)
                self._check_floor(entry, noun)
            if feed is not None:
                feeds.append(self._open_login(feed, entry, noun))
        return feeds

    def _open_login(self, feed: FeedEntry, entry: CommentedMap, noun: str) -> FeedEntry:
        """Return a feed with the user name and password that it, or the environment, holds."""
        found = {}
        for key in ("username", "password"):
            written = getattr(feed, key).get_secret_value()
            if named := _VARIABLE.fullmatch(written):
                found[key] = self._look_up(named[1] or named[2])
                if feed.enabled and self._variables is not None:
                    self._check_variable(named[1] or named[2], entry, key, noun)
            else:
                found[key] = SecretStr(written[1:] if written.startswith("$$") else written)
            if written and not found[key].get_secret_value():
                # Half of a login opens nothing.
                return feed.model_copy(update={"username": _NOTHING, "password": _NOTHING})
        return feed.model_copy(update=found)

    def _look_up(self, variable: str) -> SecretStr:
        return (self._variables or {}).get(variable, _NOTHING)

    def _check_variable(self, variable: str, entry: CommentedMap, key: str, noun: str) -> None:
        held = self._look_up(variable).get_secret_value()
        line = entry.lc.key(key)[0]
        if not held:
            what = f"{noun}: {key} names the variable {variable}, which is not set"
            remedy = f"Set {variable}, or write $$ for a {key} that begins with a $"
            self._report(line, what, remedy)
        elif key == "username" and ":" in held:
            what = f"{noun}: the variable {variable} holds a colon, which no user name does"
            self._report(line, what, f"Mend {variable}")

    def _check_publisher(self, entry: CommentedMap, noun: str, declared: list[str]) -> None:
        publisher = entry.get("publisher")
        if isinstance(publisher, str) and publisher not in declared:
            hint = suggest(publisher, declared)
            what = f"{noun}: publisher {publisher!r} is not declared"
            self._report(entry.lc.key("publisher")[0], what, hint)

    def _check_unique(
        self, entry: CommentedMap, noun: str, line: int, first_line: dict[tuple[str, str], int]
    ) -> None:
        for key in ("name", "url"):
            value = entry.get(key)
            if not isinstance(value, str):
                continue
            before = first_line.setdefault((key, value), line)
            if before != line:
                remedy = f"Change this one or the one of line {before + 1}"
                what = f"{noun}: {key} {value!r} is already used"
                self._report(entry.lc.key(key)[0], what, remedy)

    def _check_floor(self, entry: CommentedMap, noun: str) -> None:
        # A server of one's own may be asked as often as one likes; a publisher's may not.
        every_s = entry.get("every_s")
        own_server = entry.get("allow_private") is True
        if isinstance(every_s, int) and 1 <= every_s < _SHORTEST_S and not own_server:
            what = f"{noun}: every_s: {every_s} is below {_SHORTEST_S}, the floor"
            self._report(entry.lc.key("every_s")[0], what, f"Write {_SHORTEST_S} or more")

    def _validate(self, kind: type[_Entry], entry: Any, line: int, noun: str) -> _Entry | None:
        if not isinstance(entry, CommentedMap):
            self._report(line, f"{noun} is not a set of 'key: value'", "See the feeds above it")
            return None
        try:
            return kind.model_validate(dict(entry))
        except ValidationError as error:
            for detail in error.errors():
                key = str(detail["loc"][0]) if detail["loc"] else ""
                at = entry.lc.key(key)[0] if key in entry else line
                if detail["type"] == "extra_forbidden":
                    hint = suggest(key, list(kind.model_fields))
                    self._report(at, f"{noun}: unknown key {key!r}", hint)
                elif detail["type"] == "missing":
                    self._report(at, f"{noun}: {key!r} is missing", f"Add '{key}: ...'")
                else:
                    said = f"{key}: {say_detail(detail)}" if key else say_detail(detail)
                    self._report(at, f"{noun}: {said}", "Mend that value")
            return None
