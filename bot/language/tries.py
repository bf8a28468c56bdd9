"""simplemma's dictionaries as tries in files: mapped into memory, shared by all processes.

A file is made once, in a folder of this user's own, and belongs to one version of simplemma.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import simplemma
from marisa_trie import BytesTrie
from platformdirs import user_cache_path
from simplemma.strategies.dictionaries import DefaultDictionaryFactory
from simplemma.strategies.dictionaries.trie_dictionary_factory import TrieWrapDict

_log = logging.getLogger(__name__)


class MappedDictionaries:
    """A DictionaryFactory (https://adbar.github.io/simplemma/) whose words lie in mapped files.

    Where no file can be written the tries are made anew, in memory: slower at start, and right.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep the files in *folder*, or in this user's folder for what can be made anew."""
        self._folder = folder or user_cache_path("sahman")
        self.get_dictionary = functools.cache(self._open)

    def _open(self, lang: str) -> Mapping[str, str]:
        path = self._folder / f"simplemma-{simplemma.__version__}-{lang}.trie"
        if not path.exists():
            trie = _build(lang)
            if not _save(trie, path):
                return TrieWrapDict(trie)
        try:
            return TrieWrapDict(BytesTrie().mmap(str(path)))
        except (OSError, RuntimeError) as error:
            # Cut short by a full disk, or another library's: the next start makes it anew.
            _log.warning("dictionary_not_mapped", extra={"file": path.name, "reason": str(error)})
            with contextlib.suppress(OSError):
                path.unlink()
            return TrieWrapDict(_build(lang))


def _build(lang: str) -> BytesTrie:
    words = DefaultDictionaryFactory().get_dictionary(lang)
    return BytesTrie((word, lemma.encode()) for word, lemma in words.items())


def _save(trie: BytesTrie, path: Path) -> bool:
    """Write a trie at once or not at all, so that no process maps half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)
        os.close(handle)
        try:
            trie.save(name)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        _log.info("dictionary_not_kept", extra={"file": path.name, "reason": str(error)})
        return False
    return True
