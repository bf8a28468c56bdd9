"""The whole of chat over loopback, for the tests of this room."""

from tests.loopback import idle, languages, sahman, telegram

__all__ = ["idle", "languages", "sahman", "telegram"]
