"""What comes with Sahman beside its code: migrations, a sample feeds.yaml, .env.example."""

from __future__ import annotations

from pathlib import Path

_BOT = Path(__file__).parents[1]
#: Made by setup.py where Sahman is installed; in a checkout its originals lie beside `bot`.
_INSTALLED = _BOT / "shipped"


def find_shipped(name: str) -> Path:
    """Return where a file or folder that comes with Sahman lies, from whatever folder it runs."""
    installed = _INSTALLED / name
    return installed if installed.exists() else _BOT.parent / name
