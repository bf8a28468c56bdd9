"""One command of Sahman's, run in a folder as its operator would."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.process import REPOSITORY, environment

_NOBODY = 65_534
#: As root without the capabilities by which rights do not hold it back.
_HELD_BACK = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, and what it printed."""

    code: int
    out: str
    errors: str

    def sentence(self) -> str:
        """Return the one line that it said to be wrong; fail when there are more, or others."""
        lines = self.errors.splitlines()
        assert len(lines) == 1, (self.code, self.out, self.errors)
        assert lines[0].startswith("✗ "), lines
        assert "Traceback" not in self.out
        assert self.code == 1
        return lines[0].removeprefix("✗ ")


def take_away(*places: Path) -> None:
    """Let these files and folders be somebody else's, to be read and not written."""
    for place in places:
        if os.getuid():
            place.chmod(0o555 if place.is_dir() else 0o444)
        else:
            place.chmod(0o755 if place.is_dir() else 0o644)
            os.chown(place, _NOBODY, _NOBODY)


async def sahman(
    *arguments: str,
    folder: Path = REPOSITORY,
    without_rights: bool = False,
    given: str = "",
    before: str = "",
    **settings: str,
) -> Ended:
    """Run one command to its end in *folder*, given this on its standard input.

    *without_rights*: rights hold it back even where whoever tests is root. Modules in *before* go
    before ours.
    """
    surroundings = environment(**settings)
    surroundings["PYTHONPATH"] = f"{before}:{REPOSITORY}" if before else str(REPOSITORY)
    held_back = _HELD_BACK if without_rights and not os.getuid() else ()
    process = await asyncio.create_subprocess_exec(
        *held_back, sys.executable, "-m", "bot", *arguments, cwd=folder, env=surroundings,
        stdin=PIPE, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    out, errors = await asyncio.wait_for(process.communicate(given.encode()), 60)
    return Ended(process.returncode or 0, out.decode(), errors.decode())
