"""Settings from the environment, feeds from feeds.yaml: strict, every problem at once."""

from __future__ import annotations

import difflib
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
    model_validator,
)
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from yarl import URL

from bot.errors import ConfigError, Problem
from bot.model import PublisherKind

_PREFIX = "BOT_"
_SHORTEST_S = 30
#: A month; what is longer was meant otherwise.
_LONGEST_S = 31 * 86_400
_TELEGRAM = "https://api.telegram.org"
#: https://core.telegram.org/bots/api#setwebhook
_TELEGRAMS_PORTS = frozenset({443, 80, 88, 8443})
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_Config = TypeVar("_Config", bound=BaseModel)


class Settings(BaseModel, frozen=True, extra="forbid"):
    """Everything an operator can set; the names are those of .env.example, without `BOT_`."""

    token: SecretStr | None = None
    api_url: str = _TELEGRAM
    database_url: SecretStr = SecretStr("sqlite:///data/sahman.db")
    feeds: Path = Path("feeds.yaml")
    send_rate: float = Field(default=25, gt=0, le=1000)
    paid_broadcast: bool = False
    keep_days: int = Field(default=90, ge=1)
    log: Literal["text", "json"] = "text"
    #: Where the one HTTP server listens, once something needs it.
    listen: str = "127.0.0.1:8080"
    webhook_secret: SecretStr | None = None
    webhook_url: str | None = None
    #: Whom Sahman answers. "approved" is refused until operators can approve: better closed than
    #: open to all by mistake.
    access: Literal["open"] = "open"
    #: Chats of operators: they are told when sources fail, and may manage feeds by /feeds.
    admins: tuple[int, ...] = ()
    #: Where a publisher finds whoever runs this, named in every request: a link or mail address.
    contact: str = Field(default="", max_length=200, pattern=r"^[\x21-\x7e]*$")
    #: How long publishers' wishes may hold off a poll: max-age, Expires, ttl, updatePeriod.
    longest_wish_s: int = Field(default=86_400, ge=60, le=_LONGEST_S)
    #: The same for feeds marked urgent, and for their failures; 429 and Retry-After hold all.
    urgent_s: int = Field(default=300, ge=30, le=_LONGEST_S)
    longest_retry_after_s: int = Field(default=172_800, ge=60, le=_LONGEST_S)
    #: Feeds that fail are asked at least this often,
    longest_failing_s: int = Field(default=86_400, ge=60, le=_LONGEST_S)
    #: and those that publish rarely.
    slowest_s: int = Field(default=3_600, ge=60, le=_LONGEST_S)

    @field_validator("admins", mode="before")
    @classmethod
    def _admins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ids = value.replace(",", " ").split()
        if not all(re.fullmatch(r"-?\d{1,15}", each) for each in ids):
            raise ValueError("must be chat ids, such as 123456789 or several with commas")
        return tuple(map(int, ids))

    @field_validator("api_url")
    @classmethod
    def _api_url(cls, value: str) -> str:
        _check_url(value)
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("sqlite:///", "postgresql://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise ValueError(f"{value!r} is not an address such as 127.0.0.1:8080")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: SecretStr) -> SecretStr:
        if not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("must be 1 to 256 characters of A-Z, a-z, 0-9, _ and -")
        return value

    # The fields before it are checked by now: what is wrong with them is said of them.
    @field_validator("webhook_url")
    @classmethod
    def _webhook_url(cls, value: str, info: ValidationInfo) -> str:
        _check_url(value)
        url = URL(value)
        if url.path == "/" or url.query_string or url.fragment:
            raise ValueError("must end in a path, such as https://bot.example/telegram")
        if info.data.get("api_url") == _TELEGRAM and (
            url.scheme != "https" or url.port not in _TELEGRAMS_PORTS
        ):
            raise ValueError("Telegram brings updates only to https on port 443, 80, 88 or 8443")
        if info.data.get("webhook_secret", "") is None:
            raise ValueError(
                "needs BOT_WEBHOOK_SECRET too, or anybody could write in Telegram's name"
            )
        return value

    @model_validator(mode="after")
    def _paid(self) -> Settings:
        if self.send_rate > 30 and not self.paid_broadcast:
            raise ValueError(
                "a rate above 30 costs Telegram Stars: set BOT_PAID_BROADCAST=yes to agree"
            )
        return self


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings of *environment*; raise ConfigError with every problem at once."""
    settings, problems = read_settings(environment)
    if problems:
        raise ConfigError(problems)
    return settings


def read_settings(environment: Mapping[str, str]) -> tuple[Settings, list[Problem]]:
    """Return the settings of *environment* without those that are wrong, and what is wrong.

    `BOT_X_FILE` names a file that holds the value of `BOT_X`; an empty variable counts as unset.
    """
    problems: list[Problem] = []
    values: dict[str, str] = {}
    for name, value in environment.items():
        if not name.startswith(_PREFIX) or not value.strip():
            continue
        setting = name.removeprefix(_PREFIX).lower()
        if setting not in Settings.model_fields and setting.endswith("_file"):
            setting = setting.removesuffix("_file")
            try:
                value = Path(value).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(Problem(name, f"cannot read {value}: {error}", "Check the path"))
                continue
        if setting in Settings.model_fields:
            values[setting] = value.strip()
        else:
            known = [_PREFIX + field.upper() for field in Settings.model_fields]
            problems.append(Problem(name, "is not a setting", _did_you_mean(name, known)))
    while True:
        try:
            return Settings.model_validate(values), problems
        except ValidationError as error:
            for detail in error.errors():
                setting = str(detail["loc"][0]) if detail["loc"] else "send_rate"
                values.pop(setting, None)
                where = _PREFIX + setting.upper()
                problems.append(Problem(where, _said(detail), "See .env.example"))


class PublisherEntry(BaseModel, frozen=True, extra="forbid"):
    """Who stands behind feeds, as the operator wrote it down."""

    country: str = Field(pattern=r"^[A-Z]{2,4}$")  # ISO 3166, or a body such as UN, OSCE
    kind: PublisherKind
    family: str = ""


class FeedEntry(BaseModel, frozen=True, extra="forbid"):
    """One feed, as the operator wrote it down."""

    name: str = Field(min_length=1, max_length=100)
    url: str
    publisher: str
    language: Literal["hy", "ru", "en", "mixed", "other"]
    every_s: int = Field(default=300, ge=1, le=_LONGEST_S)
    timezone: str = "UTC"
    user_agent: str = ""
    enabled: bool = True
    urgent: bool = False
    allow_private: bool = False

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        _check_url(value)
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


def load_feeds(path: Path) -> FeedList:
    """Read feeds.yaml; raise ConfigError with every problem, its line and its remedy."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [Problem(str(path), f"cannot be read: {error}", "Set BOT_FEEDS to your feeds.yaml")]
        ) from error
    return parse_feeds(text, path.name)


def parse_feeds(text: str, name: str = "feeds.yaml") -> FeedList:
    """Read the text of a feeds.yaml; raise ConfigError with every problem, line and remedy."""
    try:
        document = YAML(typ="rt").load(text)
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        where = f"{name} line {mark.line + 1}" if mark else name
        what = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise ConfigError([Problem(where, f"is not YAML: {what}", "Mend that line")]) from error
    return _FeedsReader(name).read(document)


class _FeedsReader:
    """Turns the YAML document into configuration and collects what is wrong with it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._problems: list[Problem] = []

    def read(self, document: Any) -> FeedList:
        if not isinstance(document, CommentedMap):
            self._report(0, "holds no feeds", "Begin with 'publishers:' and 'feeds:'")
            raise ConfigError(self._problems)
        for key in document:
            if key not in ("publishers", "feeds"):
                line = document.lc.key(key)[0]
                hint = _did_you_mean(str(key), ["publishers", "feeds"])
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
                feeds.append(feed)
        return feeds

    def _check_publisher(self, entry: CommentedMap, noun: str, declared: list[str]) -> None:
        publisher = entry.get("publisher")
        if isinstance(publisher, str) and publisher not in declared:
            hint = _did_you_mean(publisher, declared)
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

    def _validate(self, kind: type[_Config], entry: Any, line: int, noun: str) -> _Config | None:
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
                    hint = _did_you_mean(key, list(kind.model_fields))
                    self._report(at, f"{noun}: unknown key {key!r}", hint)
                elif detail["type"] == "missing":
                    self._report(at, f"{noun}: {key!r} is missing", f"Add '{key}: ...'")
                else:
                    said = f"{key}: {_said(detail)}" if key else _said(detail)
                    self._report(at, f"{noun}: {said}", "Mend that value")
            return None


def _check_url(value: str) -> None:
    try:
        url = URL(value)
        port = url.port
    except ValueError as error:
        raise ValueError(f"{value!r} is not a URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or port is None:
        raise ValueError(f"{value!r} is not a URL that begins with http:// or https://")
    if url.user is not None or url.password is not None:
        raise ValueError("a URL must carry no user name and no password")


def _said(detail: ErrorDetails) -> str:
    return detail["msg"].removeprefix("Value error, ")


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known) or 'none'}"
