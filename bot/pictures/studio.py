"""The studio: has pictures drawn by a child process, one at a time, and keeps the last ones."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import shutil
import sys
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from bot.model import Chart

_log = logging.getLogger(__name__)

_SCRIPT = Path(__file__).with_name("draw.py")
_TIME_LIMIT_S = 15.0
#: Who asks behind so many others gets the numbers as text.
_MOST_WAITING = 8
#: A picture takes some 40 KB.
_MOST_KEPT = 64
_PNG = b"\x89PNG\r\n\x1a\n"
#: What the child is told of our environment: not the token.
_HANDED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT")
_ERROR_NAME = re.compile(rb"^([A-Za-z_.]+)(?::|$)")


class Studio:
    """Draws charts; one that cannot be drawn is logged, and None."""

    def __init__(self, python: str = sys.executable, script: Path = _SCRIPT) -> None:
        self._command = (python, "-P", str(script))
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0
        # By what stands on it: the same numbers in the same words are the same picture.
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        # Where matplotlib notes which fonts there are, for the next child.
        self._notes = ""
        self._forget: Callable[[], object] = lambda: None

    async def draw(self, chart: Chart) -> bytes | None:
        """Return a picture as PNG."""
        asked = chart.to_json().encode()
        key = hashlib.sha256(asked).digest()
        if (known := self._find(key)) is not None:
            return known
        if self._waiting >= _MOST_WAITING:
            _log.warning("picture_not_drawn", extra={"reason": "too many wait"})
            return None
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                png = self._find(key) or await self._draw(asked)
        finally:
            self._waiting -= 1
        if png is not None:
            self._kept[key] = png
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return png

    def _find(self, key: bytes) -> bytes | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def close(self) -> None:
        """Leave nothing on the disk."""
        self._forget()
        self._notes = ""

    async def _draw(self, asked: bytes) -> bytes | None:
        pipe = asyncio.subprocess.PIPE
        try:
            if not self._notes:
                self._notes = tempfile.mkdtemp(prefix="sahman-pictures-")
                self._forget = weakref.finalize(
                    self, shutil.rmtree, self._notes, ignore_errors=True
                )
            child = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=self._environment()
            )
        except OSError as error:
            _log.warning("picture_not_drawn", extra={"reason": type(error).__name__})
            return None
        try:
            async with asyncio.timeout(_TIME_LIMIT_S):
                png, said = await child.communicate(asked)
        except TimeoutError:
            _log.warning("picture_not_drawn", extra={"reason": "it took too long"})
            return None
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode or not png.startswith(_PNG):
            reason = f"{_name_error(said)} ({child.returncode})"
            _log.warning("picture_not_drawn", extra={"reason": reason})
            return None
        return png

    def _environment(self) -> dict[str, str]:
        handed_on = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        return handed_on | {
            "MPLCONFIGDIR": self._notes,
            # Each thread would take its stack of the memory that the child may have.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }


def _name_error(said: bytes) -> str:
    """Return the name of the error that ended the child; its text may quote what somebody typed."""
    last = said.strip().rpartition(b"\n")[2]
    found = _ERROR_NAME.match(last)
    return found[1].decode() if found else "no picture"
