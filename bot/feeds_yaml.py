"""Editing feeds.yaml as its operator would: comments, order and everything else stay."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from bot.config import parse_feeds
from bot.errors import ConfigError, Problem

_SHORT_LINE = 4_096


class FeedsFile:
    """One feeds.yaml; an edit that would make it wrong is refused and changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, feed: Mapping[str, Any], publisher: Mapping[str, Any]) -> None:
        """Add a feed at the end, and its publisher unless that is declared; raises ConfigError."""

        def edit(document: CommentedMap) -> None:
            publishers = document.setdefault("publishers", CommentedMap())
            if feed["publisher"] not in publishers:
                declared = CommentedMap(publisher)
                declared.fa.set_flow_style()
                publishers[feed["publisher"]] = declared
            feeds = document.get("feeds")
            if not isinstance(feeds, CommentedSeq):
                document["feeds"] = feeds = CommentedSeq()
            feeds.append(CommentedMap(feed))

        self._edit(edit)

    def enable(self, name: str, wanted: bool) -> bool:
        """Switch a feed on or off; say whether that changed anything. Raises ConfigError."""
        changed = False

        def edit(document: CommentedMap) -> None:
            nonlocal changed
            found = [each for each in document.get("feeds") or [] if each.get("name") == name]
            if not found:
                raise ConfigError(
                    [Problem(self._path.name, f"lists no feed {name!r}", "See `feeds` for all")]
                )
            if found[0].get("enabled", True) is not wanted:
                found[0]["enabled"] = wanted
                changed = True

        self._edit(edit)
        return changed

    def _edit(self, edit: Callable[[CommentedMap], None]) -> None:
        yaml = YAML(typ="rt")
        yaml.preserve_quotes = True
        yaml.width = _SHORT_LINE
        yaml.indent(mapping=2, sequence=4, offset=2)
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = ""
        except OSError as error:
            raise ConfigError([Problem(str(self._path), f"cannot be read: {error}", "")]) from error
        if text.strip():
            parse_feeds(text, self._path.name)  # a file that is wrong already is mended first
        document = yaml.load(text) or CommentedMap()
        edit(document)
        written = io.StringIO()
        yaml.dump(document, written)
        parse_feeds(written.getvalue(), self._path.name)
        if written.getvalue() != text:
            self._write(written.getvalue())

    def _write(self, text: str) -> None:
        # At once and whole: who reads it meanwhile sees the old file or the new one.
        try:
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self._path.parent, delete=False
            ) as beside:
                beside.write(text)
            if self._path.exists():
                Path(beside.name).chmod(self._path.stat().st_mode)
            os.replace(beside.name, self._path)
        except OSError as error:
            raise ConfigError(
                [
                    Problem(
                        str(self._path), f"cannot be written: {error.strerror}", "Check its folder"
                    )
                ]
            ) from error
