"""What can go wrong, named by what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MAX_REASON_CHARS = 500
#: How a token is got, or got again.
HOW_TO_GET_ONE = (
    "Write /newbot to @BotFather on Telegram for a new one, or /mybots for that of a bot you have, "
    "and put it into .env as BOT_TOKEN=..."
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class SahmanError(Exception):
    """Base of every error that Sahman raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the configuration: where, what, and how to mend it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}"


#: The database has served another bot than the one that is configured now.
ANOTHER_BOT = Problem(
    "BOT_TOKEN",
    "is of another bot than the one whose readers stand in this database",
    "To let the new one take them over, run `token`; else put the old token back",
)


class ConfigError(SahmanError):
    """The configuration must be mended by a person; carries every problem found, not the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class DatabaseError(SahmanError):
    """The database cannot be used as it is; the message says what the operator can do."""


class DatabaseNotReady(DatabaseError):
    """The database starts, recovers or cannot be reached yet: wait, then try again."""


class BackupError(SahmanError):
    """A backup cannot be made, or not be used; the message says what the operator can do."""


class FeedError(SahmanError):
    """This feed gave nothing usable this time: ask again at its next poll, harm no other feed."""

    def __init__(self, reason: str) -> None:
        # It may quote a server, and goes to the log, to operators and into the database.
        reason = _UNPRINTABLE.sub("\ufffd", reason[:_MAX_REASON_CHARS])
        super().__init__(reason)
        self.reason = reason


class FeedBusy(FeedError):
    """Its server asks to be left alone: ask again after `wait_s` (None: our own growing wait)."""

    def __init__(self, reason: str, wait_s: float | None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class FeedGone(FeedError):
    """Its server says that it is gone for good (410): ask no more, tell the operator."""


class FeedEmpty(FeedError):
    """It is a feed and lists nothing: no news, and no success either."""


class DataRefused(SahmanError):
    """The database will never take this, however often it is asked: drop it alone, and say so."""


class FeedUnreached(FeedError):
    """No server was reached: its name is not found, or no way leads there. Perhaps we are offline.

    Its reason begins with `PREFIX`, by which a stored one is known again.
    """

    PREFIX = "not reached: "

    def __init__(self, reason: str) -> None:
        super().__init__(f"{self.PREFIX}{reason}")


class NoRoom(SahmanError):
    """There are as many subscribers as the operator allows: tell whoever comes so."""


class TokenRefused(SahmanError):
    """Telegram does not know the bot's token: stop, an operator must mend it."""

    @property
    def problem(self) -> Problem:
        """What is wrong, as every command says it."""
        return Problem("BOT_TOKEN", f"Telegram refuses it ({self})", HOW_TO_GET_ONE)


class AnswerUnreadable(SahmanError):
    """Telegram's answer is no JSON for one update in it: ask for fewer, step over that one."""

    def __init__(self, first_update_id: int | None) -> None:
        super().__init__("the answer is no JSON")
        self.first_update_id = first_update_id


class AnotherReceiver(SahmanError):
    """Another process receives this bot's updates: wait, then try receiving again."""


class SendError(SahmanError):
    """Base of what a send can end in, other than success."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TryLater(SendError):
    """Not delivered for a passing cause: send again after `wait_s` (None: our own growing wait).

    `ambiguous` says that Telegram may have taken the message all the same (no answer came); `cut`,
    that the connection ended, which mostly means that it was not taken; `of_chat`, that this chat
    alone takes nothing now; `of_topic`, that only one of its topics does not.
    """

    def __init__(
        self,
        reason: str,
        *,
        wait_s: float | None = None,
        ambiguous: bool = False,
        cut: bool = False,
        of_chat: bool = False,
        of_topic: bool = False,
    ) -> None:
        super().__init__(reason)
        self.wait_s = wait_s
        self.ambiguous = ambiguous
        self.cut = cut
        self.of_chat = of_chat
        self.of_topic = of_topic


class RecipientGone(SendError):
    """Blocked, kicked, deactivated or deleted, it says: ask once more in an hour, then no more."""


class ChatMoved(SendError):
    """The group became a supergroup: follow it to `new_chat_id` and send there."""

    def __init__(self, reason: str, new_chat_id: int) -> None:
        super().__init__(reason)
        self.new_chat_id = new_chat_id


class TopicGone(SendError):
    """The topic of the group is gone: send once to the group itself."""


class MessageRejected(SendError):
    """Telegram refuses this message: cut it down, send it plain, or give it up.

    `known`: it says that the text is to blame; else it may be anything, and pass.
    """

    def __init__(self, reason: str, *, known: bool = True) -> None:
        super().__init__(reason)
        self.known = known
