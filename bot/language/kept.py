"""What took long to make, kept over a restart: the glossary, and words of the news with their keys.

Only words that stood in news are ever written here, never what a person typed.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.language.files import cache_folder, save_at_once
from bot.language.glossary import Glossary
from bot.language.reading import WordKeys, with_numbers
from bot.language.tables import digest

_log = logging.getLogger(__name__)
_WORDS, _GLOSSARY = "words", "glossary"


def open_glossary(make: Callable[[], Glossary], folder: Path | None = None) -> Glossary:
    """Return the glossary as it was compiled for these tables and dictionaries; *make* it if not.

    It lies in *folder*, or in this user's folder for what can be made anew.
    """
    path = _path_in(folder or cache_folder(), _GLOSSARY)
    try:
        return Glossary.read_compiled(json.loads(path.read_bytes()))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError) as error:
        _warn(path, error)
    glossary = make()
    _keep(path, glossary.compiled(), _GLOSSARY)
    return glossary


def keep_words(words: Mapping[str, WordKeys], folder: Path) -> None:
    """Write words as they stand in texts, with their keys; quietly where it cannot be done."""
    path = _path_in(folder, _WORDS)
    rows = [
        [written, word.folded, word.script, word.keys, word.sounds, word.begins, word.capital]
        for written, word in words.items()
    ]
    _keep(path, rows, _WORDS)


def recall_words(folder: Path) -> dict[str, WordKeys]:
    """Return the words that were kept; none of another version's, nor of a file that is damaged."""
    path = _path_in(folder, _WORDS)
    try:
        rows = json.loads(path.read_bytes())
        return {
            written: with_numbers(
                folded, script, tuple(keys), tuple(sounds), tuple(begins), capital=capital
            )
            for written, folded, script, keys, sounds, begins, capital in rows
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        _warn(path, error)
        return {}


def _path_in(folder: Path, kind: str) -> Path:
    return folder / f"{kind}-{digest():x}.json"


def _keep(path: Path, what: object, kind: str) -> None:
    data = json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if save_at_once(path, lambda name: Path(name).write_bytes(data)):
        for old in set(path.parent.glob(f"{kind}-*.json")) - {path}:
            with contextlib.suppress(OSError):
                old.unlink()


def _warn(path: Path, error: Exception) -> None:
    _log.warning("kept_not_recalled", extra={"file": path.name, "reason": str(error)})
