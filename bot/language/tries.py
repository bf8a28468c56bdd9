"""simplemma's dictionaries as tries in files: mapped into memory, shared by all processes.

A file is made once, in a folder of this user's own, and belongs to one version of simplemma.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Mapping
from pathlib import Path

import simplemma
from marisa_trie import BytesTrie
from simplemma.strategies.dictionaries import DefaultDictionaryFactory
from simplemma.strategies.dictionaries.trie_dictionary_factory import TrieWrapDict

from bot.language.files import cache_folder, save_at_once

_log = logging.getLogger(__name__)


class MappedDictionaries:
    """A DictionaryFactory (https://adbar.github.io/simplemma/) whose words lie in mapped files.

    Where no file can be written the tries are made anew, in memory: slower at start, and right.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep the files in *folder*, or in this user's folder for what can be made anew."""
        self._folder = folder or cache_folder()
        self.get_dictionary = functools.cache(self._open)

    def _open(self, lang: str) -> Mapping[str, str]:
        path = self._folder / f"simplemma-{simplemma.__version__}-{lang}.trie"
        if not path.exists():
            trie = _build(lang)
            if not save_at_once(path, trie.save):
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
