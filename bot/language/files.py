"""Files that can be made anew at any time, in a folder of this user's own."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return where they lie: `$XDG_CACHE_HOME/sahman`, or what the system has for it."""
    return user_cache_path("sahman")


def save_at_once(path: Path, write: Callable[[str], object]) -> bool:
    """Let *write* make a file, which is there at once or not at all; say whether it is.

    Where nothing can be written that is said in the log, and nothing else happens.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)
        os.close(handle)
        try:
            write(name)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        _log.info("file_not_kept", extra={"file": path.name, "reason": str(error)})
        return False
    return True
