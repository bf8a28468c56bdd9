"""Drafts the next migration: what bot/storage/tables.py says and the migrations before do not.

    make migration SAYS="since when a chat is gone"

Read what it wrote before you keep it, and change it where rows have to be changed too.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic import command
from bot.storage.database import make_engine
from bot.storage.migrating import migrate

_FOLDER = Path(__file__).parent


def draft(says: str) -> Path:
    """Write the next migration and return its file."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    newest = ScriptDirectory.from_config(config).get_current_head() or "0000"
    number = f"{int(newest) + 1:04}"
    config.set_main_option("file_template", f"{number}_%%(slug)s")
    # An empty database at the newest revision: what tables.py has beyond it is the change.
    engine = make_engine("sqlite://")
    migrate(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, says, autogenerate=True, rev_id=number)
    (written,) = (_FOLDER / "versions").glob(f"{number}_*.py")
    return written


def main() -> None:
    """Draft it, lay it out, and say where it lies."""
    says = " ".join(sys.argv[1:]).strip()
    if not re.search(r"\w", says):
        sys.exit('Say what changes: make migration SAYS="since when a chat is gone"')
    written = draft(says)
    for how in (("check", "--fix", "-q"), ("format", "-q")):
        subprocess.run([sys.executable, "-m", "ruff", *how, written], check=False)  # noqa: S603
    print(written)


if __name__ == "__main__":
    main()
