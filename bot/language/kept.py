"""Words of the news with their keys, kept over a restart: the first hour is not read anew.

Only words that stood in news are ever written here, never what a person typed.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path

from bot.language.files import save_at_once
from bot.language.reading import WordKeys, with_numbers
from bot.language.tables import digest

_log = logging.getLogger(__name__)
_PREFIX = "words-"


def keep_words(words: Mapping[str, WordKeys], folder: Path) -> None:
    """Write words as they stand in texts, with their keys; quietly where it cannot be done."""
    path = _path_in(folder)
    rows = [
        [written, word.folded, word.script, word.keys, word.sounds, word.begins, word.capital]
        for written, word in words.items()
    ]
    data = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if save_at_once(path, lambda name: Path(name).write_bytes(data)):
        for old in set(folder.glob(f"{_PREFIX}*")) - {path}:
            with contextlib.suppress(OSError):
                old.unlink()


def recall_words(folder: Path) -> dict[str, WordKeys]:
    """Return the words that were kept; none of another version's, nor of a file that is damaged."""
    path = _path_in(folder)
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
        _log.warning("words_not_recalled", extra={"file": path.name, "reason": str(error)})
        return {}


def _path_in(folder: Path) -> Path:
    return folder / f"{_PREFIX}{digest():x}.json"
