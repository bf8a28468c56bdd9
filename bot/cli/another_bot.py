"""`token`: another bot takes the readers over, when Telegram has deleted the old one."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.console import counting, finish, out, settings_or_exit
from bot.errors import HOW_TO_GET_ONE, ConfigError, Problem


def token(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let the bot of BOT_TOKEN take over the readers of the one that was there before."""
    settings = settings_or_exit()
    if settings.token is None:
        raise ConfigError([Problem("BOT_TOKEN", "is not set", HOW_TO_GET_ONE)])
    its_token = settings.token.get_secret_value()
    from bot.storage import open_storage
    from bot.telegram_api.connection import ask_who_i_am, make_bot

    async def main() -> str:
        await ask_who_i_am(make_bot(its_token, settings.api_url, settings.api_proxy))
        async with open_storage(settings, serving=True) as storage:
            await storage.processes.refuse_others()
            old = await storage.bots.load()
            if old in (0, settings.bot_id):
                await storage.bots.claim(settings.bot_id)
                return "✓ this database is that bot's already: nothing to do"
            count = await storage.bots.count_chats()
            if not yes:
                typer.confirm(
                    f"{count} chats hear nothing until they write to the new bot; their keywords "
                    "and settings wait for them. Go on?",
                    abort=True,
                    err=True,
                )
            done = 0

            def passed(chats: int) -> None:
                nonlocal done
                done += chats
                progress(done, count)

            with counting("chats") as progress:
                waiting = await storage.bots.replace(settings.bot_id, passed)
        return (
            f"✓ {waiting} chats wait for their readers to write to the new bot: tell them its "
            "name. Start Sahman again with `run`"
        )

    out.print(finish(main()), markup=False)
