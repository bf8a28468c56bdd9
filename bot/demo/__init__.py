"""A Bot API server, a chat page and a feed server on loopback: Telegram and the news, at home.

The demo for newcomers, the tests and the benches all talk to these servers. The room imports
nothing of ours, so that it never judges code with that same code.
"""

from bot.demo.bot_api import BotApi

__all__ = ["BotApi"]
