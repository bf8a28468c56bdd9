"""Settings from the environment: strict, every problem at once."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import (
    BaseModel,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from yarl import URL

from bot.config.mistakes import LONGEST_S, check_proxy, check_url, say_detail, suggest
from bot.errors import ConfigError, Problem

_PREFIX = "BOT_"
_TELEGRAM = "https://api.telegram.org"
#: https://core.telegram.org/bots/api#setwebhook
_TELEGRAMS_PORTS = frozenset({443, 80, 88, 8443})
_SHORTEST_TOKEN = 16
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Settings(BaseModel, frozen=True, extra="forbid"):
    """Everything an operator can set; the names are those of .env.example, without `BOT_`."""

    token: SecretStr | None = None
    api_url: str = _TELEGRAM
    database_url: SecretStr = SecretStr("sqlite:///data/sahman.db")
    feeds: Path = Path("feeds.yaml")
    send_rate: float = Field(default=25, gt=0, le=1000)
    paid_broadcast: bool = False
    keep_days: int = Field(default=90, ge=1)
    #: Where a backup is put every day, seven of them kept; None: none is made.
    backups: Path | None = None
    #: With it, backups are sealed.
    backup_passphrase: SecretStr | None = None
    log: Literal["text", "json"] = "text"
    #: Where the one HTTP server listens, once something needs it.
    listen: str = "127.0.0.1:8080"
    webhook_secret: SecretStr | None = None
    webhook_url: str | None = None
    #: What the operator's page asks for; without one it is served on loopback only.
    page_token: SecretStr | None = None
    #: Where people find the page, behind a proxy or by a name.
    page_url: str | None = None
    #: Whether the page is served; None: where that is safe.
    page: bool | None = None
    #: Whether anybody may read the archive where this listens: stories by day, by words, feeds.
    archive: bool = False
    #: Chats of operators: they are told when sources fail, and may manage feeds by /feeds.
    admins: tuple[int, ...] = ()
    #: Whom Sahman answers: everybody, or only chats that an operator let in.
    access: Literal["open", "approved"] = "open"
    #: So many subscribers, no more are taken; None: as many as come.
    most_subscribers: int | None = Field(default=None, ge=1)
    #: The way out to feeds, and to Telegram; None: directly.
    proxy: SecretStr | None = None
    api_proxy: SecretStr | None = None
    #: Where a publisher finds whoever runs this, named in every request: a link or mail address.
    contact: str = Field(default="", max_length=200, pattern=r"^[\x21-\x7e]*$")
    #: How long publishers' wishes may hold off a poll: max-age, Expires, ttl, updatePeriod.
    longest_wish_s: int = Field(default=86_400, ge=60, le=LONGEST_S)
    #: The same for feeds marked urgent, and for their failures; 429 and Retry-After hold all.
    urgent_s: int = Field(default=300, ge=30, le=LONGEST_S)
    longest_retry_after_s: int = Field(default=172_800, ge=60, le=LONGEST_S)
    #: Feeds that fail are asked at least this often,
    longest_failing_s: int = Field(default=86_400, ge=60, le=LONGEST_S)
    #: and those that publish rarely.
    slowest_s: int = Field(default=3_600, ge=60, le=LONGEST_S)
    _variables: dict[str, SecretStr] = PrivateAttr(default_factory=dict)

    def secrets(self) -> list[str]:
        """Return what no log, page or error may ever hold."""
        given = (self.token, self.webhook_secret, self.page_token, self.backup_passphrase)
        found = [each.get_secret_value() for each in given if each]
        for address in (self.database_url, self.proxy, self.api_proxy):
            login = URL(address.get_secret_value()) if address else None
            found += [login.password] if login is not None and login.password else []
        return found

    @property
    def backup_key(self) -> str:
        """The passphrase with which backups are sealed; "" where they are not."""
        return self.backup_passphrase.get_secret_value() if self.backup_passphrase else ""

    @property
    def bot_id(self) -> int:
        """Telegram's id of the bot, with which its token begins; 0 where it does not."""
        number = self.token.get_secret_value().partition(":")[0] if self.token else ""
        return int(number) if number.isdecimal() and len(number) < 19 else 0

    @property
    def serves(self) -> bool:
        """Whether anything listens on BOT_LISTEN."""
        return self.page is not False or self.archive or self.webhook_url is not None

    @property
    def must_listen(self) -> bool:
        """Whether nothing runs where nothing can listen: the operator asked for it."""
        asked = self.page is True or "listen" in self.model_fields_set
        return self.serves and (asked or self.archive or self.webhook_url is not None)

    @property
    def why_no_page(self) -> str:
        """Why the operator's page is not served, or ""."""
        if self.page is False:
            return "BOT_PAGE says no"
        if self.page_token is not None:
            return ""
        return _stands_open(self.listen, self.webhook_url)

    @property
    def variables(self) -> Mapping[str, SecretStr]:
        """The environment that they come from: feeds.yaml may name what holds a password there."""
        return self._variables

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
        check_url(value)
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("sqlite:///", "postgresql://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        place = value.get_secret_value().partition("://")[2].partition("/")[0]
        if place.count("@") > 1:
            # What follows the first one would be taken for the host, and shown.
            raise ValueError("has an @ in its user name or password: write %40 there")
        return value

    @field_validator("proxy", "api_proxy")
    @classmethod
    def _proxy(cls, value: SecretStr) -> SecretStr:
        check_proxy(value)
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
        check_url(value)
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

    @field_validator("page_token")
    @classmethod
    def _page_token(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
            how = "openssl rand -hex 32 makes one"
            raise ValueError(f"must be {_SHORTEST_TOKEN} or more ASCII characters: {how}")
        return value

    @field_validator("page_url")
    @classmethod
    def _page_url(cls, value: str) -> str:
        check_url(value)
        if URL(value).path != "/" or URL(value).query_string or URL(value).fragment:
            raise ValueError("must be a host of its own, such as https://sahman.example")
        return value.rstrip("/")

    @field_validator("page")
    @classmethod
    def _page(cls, value: bool | None, info: ValidationInfo) -> bool | None:
        known = {"listen", "webhook_url", "page_token"} <= info.data.keys()
        if value and known and info.data["page_token"] is None:
            why = _stands_open(info.data["listen"], info.data["webhook_url"])
            if why:
                raise ValueError(why)
        return value

    # After the admins, which are checked by now unless they are wrong.
    @field_validator("access", mode="after")
    @classmethod
    def _access(cls, value: str, info: ValidationInfo) -> str:
        if value == "approved" and info.data.get("admins", (0,)) == ():
            raise ValueError("nobody could let anybody in: it needs BOT_ADMINS too")
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
            problems.append(Problem(name, "is not a setting", suggest(name, known)))
    while True:
        try:
            settings = Settings.model_validate(values)
        except ValidationError as error:
            for detail in error.errors():
                setting = str(detail["loc"][0]) if detail["loc"] else "send_rate"
                values.pop(setting, None)
                where = _PREFIX + setting.upper()
                problems.append(Problem(where, say_detail(detail), "See .env.example"))
        else:
            settings._variables.update(_hide(environment))
            return settings, problems


def _stands_open(listen: str, webhook_url: str | None) -> str:
    """Return why a page without a token would be everybody's, or ""."""
    remedy = "set BOT_PAGE_TOKEN too (openssl rand -hex 32 makes one)"
    if not _is_loopback(listen.rpartition(":")[0].strip("[]")):
        return f"BOT_LISTEN={listen} is open to others: {remedy}"
    if webhook_url is not None:
        # A proxy that hands all on would hand on the page too.
        return f"what stands before the webhook may hand on the page too: {remedy}"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hide(environment: Mapping[str, str]) -> dict[str, SecretStr]:
    """Return the variables that can hold a word, which may be a password."""
    words = {name: value.strip() for name, value in environment.items()}
    return {
        name: SecretStr(word)
        for name, word in words.items()
        if name.isprintable() and word.isprintable()
    }
