"""Reading the tables of this room: the only place of it that opens a file."""

import hashlib
import json
from importlib import resources
from importlib.metadata import version
from typing import Any

_DICTIONARIES = ("babel", "pymorphy3", "pymorphy3-dicts-ru", "simplemma")
_HERE = resources.files(__package__ or "bot.language")


def read_table(name: str) -> list[list[str]]:
    """Return the rows of a tab-separated table, without its comments."""
    text = _HERE.joinpath(name).read_text(encoding="utf-8")
    return [
        [cell.strip() for cell in line.split("\t")]
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    ]


def read_records(name: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON-lines file."""
    text = _HERE.joinpath(name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def glossary_files() -> list[str]:
    """Return the names of the glossary's files, one a category."""
    return sorted(p.name for p in _HERE.iterdir() if p.name.endswith(".jsonl"))


def digest(*packages: str) -> int:
    """Return a number that changes when a table, code or dictionary of this room does.

    *packages* name other rooms whose code is counted in.
    """
    folders = [_HERE, *map(resources.files, packages)]
    parts = sorted(
        (p.name, p.read_bytes())
        for folder in folders
        for p in folder.iterdir()
        if p.name.endswith((".jsonl", ".tsv", ".py"))
    )
    parts += [(name, version(name).encode()) for name in _DICTIONARIES]
    whole = hashlib.sha256(b"\0".join(name.encode() + b"\0" + data for name, data in parts))
    return int.from_bytes(whole.digest()[:6], "big")
