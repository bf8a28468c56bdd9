"""Makes docs/commands.md, docs/settings.md and docs/logs.md from the code, so that they cannot lag.

    make reference      # PYTHONPATH=. .venv/bin/python docs/make_reference.py

What a chat command does is what Telegram's menu says of it (bot/chat/commands.py, translated in
bot/texts); what a setting is for stands in .env.example, its default and bounds in
bot/config/settings.py; what an event of the log means stands in docs/log_events.tsv, where and with
what facts it is written in the code. tests/test_docs.py holds the files to what this makes.
"""

from __future__ import annotations

import ast
import re
import types
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.chat.command_names import LOCAL_NAMES
from bot.chat.commands import COMMANDS, describe_commands
from bot.chat.operators import describe_operators_commands
from bot.cli import app
from bot.config.feedlist import FeedEntry, PublisherEntry
from bot.config.settings import Settings
from bot.texts import load_texts

_ROOT = Path(__file__).parents[1]
_MADE = (
    "<!-- Made by docs/make_reference.py (`make reference`): change the code, not this file. -->"
)
_TONGUES = {"en": "English", "ru": "русский", "hy": "հայերեն"}
_LEVELS = ("debug", "info", "warning", "error", "exception", "critical")

_COMMANDS = f"""# Commands

{_MADE}

## In chat

What each does is what Telegram's menu says. *In a group* tells who may: settings are changed by
its admins only. The other names are understood as well, after a slash, on either keyboard layout
and with one slip. [using.md](using.md) shows what may follow a command.

| command | does | in a group | also called |
| --- | --- | --- | --- |"""
_OPERATORS = """
## For operators, in chat

Only chats in `BOT_ADMINS` are answered; for everybody else these commands do not exist.

| command | does |
| --- | --- |"""
_SHELL = """
## In a shell

`sahman` after `pip install .`, `python -m bot` in a checkout; every command knows `--help`.
"""
_SETTINGS = f"""# Settings

{_MADE}

Variables of the environment, or lines of `.env` (the environment wins). Each can be read from a
file: `BOT_TOKEN_FILE=/run/secrets/token`. An empty value counts as unset. What is wrong is said by
`sahman check`, all at once.
"""
_FEEDS_YAML = """# feeds.yaml

An edit takes effect within a minute. What the keys mean: [operating.md](operating.md#feedsyaml).
What is unknown or wrong is refused, with its line.
"""
_LOGS = f"""# The log

{_MADE}

With `BOT_LOG=json` each line of standard error is one JSON object: `at` (UTC, ISO 8601), `level`,
`event`, the event's facts, and `error` (kinds and places, never values) where the column *facts*
names it. With `BOT_LOG=text` it is the same on one line for people. The names of events and facts
are stable: a change of one is told in CHANGELOG.md. Chats are numbers; no token, password, keyword
or word that somebody typed is ever in it. What other libraries warn of comes in their own words.

Worth a bell: every `error` and `critical`. A `warning` mends itself or tells what was left out.

| event | level | means | facts | written in |
| --- | --- | --- | --- | --- |"""


def make_all() -> dict[Path, str]:
    """Return each page with what it has to say."""
    return {
        _ROOT / "docs" / "commands.md": make_commands(),
        _ROOT / "docs" / "settings.md": make_settings(),
        _ROOT / "docs" / "logs.md": make_logs(),
    }


# --- commands -------------------------------------------------------------------------------


def make_commands() -> str:
    """Return the page of everything that can be typed, in chat and in a shell."""
    lines = [_COMMANDS]
    said = describe_commands(load_texts()["en"])
    for name, command in COMMANDS.items():
        who = "admins" if command.admins_only else "all"
        others = " ".join(f"`/{each}`" for each in LOCAL_NAMES.get(name, "").split())
        lines.append(f"| `/{name}` | {_cell(said[name])} | {who} | {others} |")
    lines += ["", "## The same in Armenian and Russian", "", _row(["command", *_TONGUES.values()])]
    lines.append("| --- " * 4 + "|")
    spoken = {tongue: describe_commands(load_texts()[tongue]) for tongue in _TONGUES}
    lines += [
        _row([f"`/{name}`", *(_cell(spoken[tongue][name]) for tongue in _TONGUES)])
        for name in COMMANDS
    ]
    lines.append(_OPERATORS)
    operators = describe_operators_commands(load_texts()["en"])
    lines += [f"| `/{name}` | {_cell(does)} |" for name, does in operators.items()]
    lines.append(_SHELL)
    for names, command in _walk(typer.main.get_command(app), ()):
        lines += _describe_shell_command(names, command)
    return "\n".join(lines).rstrip() + "\n"


def _walk(command: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command of the command line that is not hidden, with its name."""
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield (*names, name), below
            yield from _walk(below, (*names, name))


def _describe_shell_command(names: tuple[str, ...], command: Any) -> list[str]:
    given = [param for param in command.params if param.name != "help"]
    words = [
        (param.metavar or param.name or "").upper()
        for param in given
        if param.param_type_name == "argument"
    ]
    lines = [f"### `{' '.join(['sahman', *names, *words])}`", "", _sentence(command.help or ""), ""]
    options = [
        f"| `{'`, `'.join([*param.opts, *param.secondary_opts])}` | {_cell(param.help or '')} |"
        for param in given
        if param.param_type_name == "option"
    ]
    if options:
        lines += ["| option | does |", "| --- | --- |", *options, ""]
    return lines


# --- settings -------------------------------------------------------------------------------


def make_settings() -> str:
    """Return the page of every setting: variables of the environment, and keys of feeds.yaml."""
    said = _read_env_example()
    lines = [_SETTINGS]
    for name, about in Settings.model_fields.items():
        variable = f"BOT_{name.upper()}"
        lines += [f"## `{variable}`", "", said.pop(variable), ""]
        lines += [f"*{_kind(about)}; default: {_default(about)}*", ""]
    for variable, about_it in said.items():
        lines += [f"## `{variable}`", "", about_it, ""]
    lines.append(_FEEDS_YAML)
    for title, model in (("publishers", PublisherEntry), ("feeds", FeedEntry)):
        lines += [f"## `{title}:`", "", "| key | is | default |", "| --- | --- | --- |"]
        lines += [
            f"| `{name}` | {_kind(about)} | {_default(about)} |"
            for name, about in model.model_fields.items()
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _read_env_example() -> dict[str, str]:
    """Return what .env.example says above each variable."""
    said: dict[str, str] = {}
    comment: list[str] = []
    for line in (_ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        variable = re.match(r"(?:# )?([A-Z_]+)=", line)
        if variable:
            said[variable[1]] = _escape(" ".join(comment))
            comment = []
        elif line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
        else:
            comment = []
    return said


def _kind(about: FieldInfo) -> str:
    bounds = {
        "gt": "over {}", "ge": "{} or more", "lt": "under {}", "le": "{} at most",
        "min_length": "{} or more signs", "max_length": "{} signs at most",
    }  # fmt: skip
    limits = [
        words.format(f"{getattr(rule, bound):,.0f}")
        for rule in about.metadata
        for bound, words in bounds.items()
        if getattr(rule, bound, None) is not None
    ]
    return ", ".join([_name_type(about.annotation), *limits])


def _name_type(kind: Any) -> str:
    names = {
        str: "text", int: "whole number", float: "number", bool: "yes or no", Path: "path",
        SecretStr: "secret (never shown or logged)",
    }  # fmt: skip
    if kind in names:
        return names[kind]
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_name_type(each) for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is Literal:
        return " \\| ".join(f"`{each}`" for each in get_args(kind))
    if get_origin(kind) is tuple:
        return "list: " + _name_type(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " \\| ".join(f"`{each.name.lower()}`" for each in kind)
    raise TypeError(f"say in docs/make_reference.py what {kind} is called")


def _default(about: FieldInfo) -> str:
    if about.is_required():
        return "none: must be given"
    value = about.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in (None, "", ()):
        return "none"
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    return f"`{value:.0f}`" if isinstance(value, int | float) else f"`{value}`"


# --- logs -----------------------------------------------------------------------------------


@dataclass
class Event:
    """One event of the log: how grave, with what facts, and where it is written."""

    levels: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def find_events(folder: Path = _ROOT / "bot") -> dict[str, Event]:
    """Return every event that the code can log, by name; one without a fixed name is refused."""
    events: dict[str, Event] = defaultdict(Event)
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            logger = ast.unparse(node.func.value)
            if node.func.attr not in _LEVELS or not re.fullmatch(
                r"(\w+\.)*_?log(ger)?|logging\.getLogger\(.*\)", logger
            ):
                continue
            where = f"{file.relative_to(folder.parent)}:{node.lineno}"
            name = node.args[0] if node.args else None
            if not isinstance(name, ast.Constant):
                raise TypeError(f"{where}: an event of the log needs a fixed name")
            event = events[str(name.value)]
            event.levels.add("error" if node.func.attr == "exception" else node.func.attr)
            event.facts |= _find_facts(node, tree, where)
            if node.func.attr == "exception" or any(k.arg == "exc_info" for k in node.keywords):
                event.facts.add("error")
            event.files.add(file.relative_to(folder.parent).as_posix())
    return dict(sorted(events.items()))


def _find_facts(call: ast.Call, tree: ast.Module, where: str) -> set[str]:
    """Return the names of what an event tells: the keys of its `extra`."""
    for given in call.keywords:
        if given.arg != "extra":
            continue
        value: ast.AST = given.value
        if isinstance(value, ast.Name):
            value = next(
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == value.id
            )
        if not isinstance(value, ast.Dict):
            raise TypeError(f"{where}: `extra` has to be written out")
        return {ast.literal_eval(key) for key in value.keys if key is not None}
    return set()


def read_meanings() -> dict[str, str]:
    """Return what docs/log_events.tsv says of each event."""
    lines = (_ROOT / "docs" / "log_events.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))


def make_logs() -> str:
    """Return the page of every event that the log can hold."""
    lines = [_LOGS]
    meanings = read_meanings()
    for name, event in find_events().items():
        facts = ", ".join(f"`{fact}`" for fact in sorted(event.facts))
        files = "<br>".join(f"`{each}`" for each in sorted(event.files))
        levels = ", ".join(sorted(event.levels, key=_LEVELS.index))
        means = _cell(meanings.get(name, name.replace("_", " ")))
        lines.append(f"| `{name}` | {levels} | {means} | {facts} | {files} |")
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return _escape(" ".join(text.split())).replace("|", "\\|")


def _escape(text: str) -> str:
    return text.replace("<", "&lt;").replace("_", "\\_")


def _sentence(text: str) -> str:
    return _escape(" ".join(text.split()))


def main() -> None:
    """Write the pages; say which of them changed."""
    for page, text in make_all().items():
        before = page.read_text(encoding="utf-8") if page.exists() else ""
        page.write_text(text, encoding="utf-8")
        print(f"{page.relative_to(_ROOT)}: {'as it was' if text == before else 'written'}")


if __name__ == "__main__":
    main()
