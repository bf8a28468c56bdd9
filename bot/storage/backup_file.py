"""A backup as a file: lines of JSON, packed by gzip, sealed with a passphrase if one is given.

What is sealed is a file of age (https://age-encryption.org), which any tool of that name opens.
"""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import BackupError

_SEALED = b"age-encryption.org/"
_PACKED = b"\x1f\x8b"
#: Higher costs twice the time and saves a twentieth.
_LEVEL = 6


def write_lines(file: Path, lines: Iterable[bytes], passphrase: str = "") -> None:
    """Write a backup, for this user alone, all of it or nothing; raises BackupError.

    What is sealed is held in memory, so that nothing of it touches the disk unsealed.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            if passphrase:
                memory = io.BytesIO()
                _pack(memory, lines)
                stream.write(_seal(memory.getvalue(), passphrase))
            else:
                _pack(stream, lines)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, file)
    except OSError as error:
        raise BackupError(
            f"{file} cannot be written ({error.strerror or error}). Name a folder that is there, "
            "with room, that the user who runs this may write"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def open_lines(file: Path, passphrase: str = "") -> Iterator[Iterator[bytes]]:
    """Open a backup for reading line by line; raises BackupError, while it is read too."""
    try:
        with file.open("rb") as raw:
            start = raw.read(len(_SEALED))
            raw.seek(0)
            stream: io.IOBase = raw
            if start == _SEALED:
                stream = io.BytesIO(_unseal(raw.read(), passphrase, file))
            elif not start.startswith(_PACKED):
                raise BackupError(f"{file} is no backup of Sahman's. Check the name")
            with gzip.GzipFile(fileobj=stream, mode="rb") as lines:
                yield iter(lines)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(file) from error
    except OSError as error:
        raise BackupError(
            f"{file} cannot be read ({error.strerror or error}). Check its name and its rights"
        ) from error


def is_sealed(file: Path) -> bool:
    """Say whether a passphrase is needed; raises BackupError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(_SEALED)) == _SEALED
    except OSError as error:
        raise BackupError(
            f"{file} cannot be read ({error.strerror or error}). Check its name and its rights"
        ) from error


def damaged(file: Path) -> BackupError:
    """Return what is said of a backup that is not whole."""
    return BackupError(f"{file} is damaged or cut off. Take another backup; nothing was changed")


def _pack(stream: io.IOBase, lines: Iterable[bytes]) -> None:
    # Without a name and a time: the same rows make the same file.
    with gzip.GzipFile("", "wb", _LEVEL, stream, 0) as packed:
        for line in lines:
            packed.write(line)


def _seal(content: bytes, passphrase: str) -> bytes:
    import pyrage  # seldom needed

    return bytes(pyrage.passphrase.encrypt(content, passphrase))


def _unseal(content: bytes, passphrase: str, file: Path) -> bytes:
    import pyrage

    if not passphrase:
        raise BackupError(f"{file} is sealed. Give its passphrase (BOT_BACKUP_PASSPHRASE)")
    try:
        return bytes(pyrage.passphrase.decrypt(content, passphrase))
    except pyrage.DecryptError as error:
        raise BackupError(
            f"{file} does not open: the passphrase is another, or it is damaged. Check "
            "BOT_BACKUP_PASSPHRASE, or take another backup"
        ) from error
