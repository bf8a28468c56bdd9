"""The bot's own card: its commands, name and descriptions, each by language and scope."""

from __future__ import annotations

import re
from typing import Any

from bot.demo.refusal import bad_request

MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
_LIMITS = {"name": 64, "description": 512, "short_description": 120}
_SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}

Scope = tuple[str | int, ...]


class Profile:
    """What the bot told Telegram about itself."""

    def __init__(self, name: str) -> None:
        self._commands: dict[tuple[Scope, str], list[dict[str, str]]] = {}
        self._texts: dict[tuple[str, str], str] = {("name", ""): name}
        self.menu_buttons: dict[int | None, dict[str, Any]] = {}

    def set_commands(self, parameters: dict[str, Any]) -> bool:
        """Answer setMyCommands."""
        commands = parameters["commands"]
        if len(commands) > MAX_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        kept = []
        for command in commands:
            # Telegram forgives a slash and capitals; its list has neither.
            name = command["command"].removeprefix("/").lower()
            if not _COMMAND.fullmatch(name):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"].strip()) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
            kept.append({"command": name, "description": command["description"].strip()})
        self._commands[_key(parameters)] = kept
        return True

    def get_commands(self, parameters: dict[str, Any]) -> list[dict[str, str]]:
        """Answer getMyCommands: exactly this scope and language, nothing resolved."""
        return self._commands.get(_key(parameters), [])

    def delete_commands(self, parameters: dict[str, Any]) -> bool:
        """Answer deleteMyCommands."""
        self._commands.pop(_key(parameters), None)
        return True

    def commands_for(
        self, chat_id: int, user_id: int, language: str, *, private: bool, admin: bool
    ) -> list[dict[str, str]]:
        """Return the menu that one person sees in one chat, resolved in Telegram's order."""
        scopes: list[Scope] = []
        if private:
            scopes += [("chat", chat_id), ("all_private_chats",)]
        else:
            scopes.append(("chat_member", chat_id, user_id))
            if admin:
                scopes.append(("chat_administrators", chat_id))
            scopes.append(("chat", chat_id))
            if admin:
                scopes.append(("all_chat_administrators",))
            scopes.append(("all_group_chats",))
        scopes.append(("default",))
        for scope in scopes:
            for code in (language, ""):
                if found := self._commands.get((scope, code)):
                    return found
        return []

    def set_text(self, kind: str, parameters: dict[str, Any]) -> bool:
        """Answer setMyName, setMyDescription and setMyShortDescription; empty means gone."""
        text, language = str(parameters.get(kind, "")), _language(parameters)
        if len(text) > _LIMITS[kind]:
            raise bad_request(f"the bot's {kind.replace('_', ' ')} is too long")
        if text:
            self._texts[kind, language] = text
        elif (kind, language) != ("name", ""):
            self._texts.pop((kind, language), None)
        return True

    def get_text(self, kind: str, parameters: dict[str, Any]) -> dict[str, str]:
        """Answer getMyName and its like, falling back to the text for all languages."""
        return {kind: self.text(kind, _language(parameters))}

    def text(self, kind: str, language: str) -> str:
        """Return the text of *kind* that a person with *language* sees."""
        return self._texts.get((kind, language)) or self._texts.get((kind, ""), "")

    def set_menu_button(self, parameters: dict[str, Any]) -> bool:
        """Answer setChatMenuButton."""
        button = parameters.get("menu_button") or {"type": "default"}
        if button.get("type") not in {"default", "commands", "web_app"}:
            raise bad_request("can't parse menu button: MenuButton has unsupported type")
        self.menu_buttons[parameters.get("chat_id")] = button
        return True


def _language(parameters: dict[str, Any]) -> str:
    code = str(parameters.get("language_code", ""))
    if not _LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def _key(parameters: dict[str, Any]) -> tuple[Scope, str]:
    scope = parameters.get("scope") or {"type": "default"}
    kind = scope.get("type")
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    parts: list[str | int] = [kind]
    for name in _SCOPES[kind]:
        if name not in scope:
            raise bad_request(f"can't parse BotCommandScope: Can't find field \"{name}\"")
        parts.append(int(scope[name]))
    return tuple(parts), _language(parameters)
