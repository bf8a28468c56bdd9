"""What pyproject.toml cannot say: what lies beside `bot/` goes into the package, as `bot/shipped/`.

Migrations stay at the top, where alembic's own commands and its users look for them; feeds.yaml and
.env.example, where whoever has a checkout edits them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

_SHIPPED = ("alembic", "feeds.yaml", ".env.example")


class BuildWithShipped(build_py):
    """Builds the package with what bot/config/shipped.py finds."""

    def run(self) -> None:
        """Build, then copy; an editable installation uses the originals."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "bot" / "shipped"
        shutil.rmtree(target, ignore_errors=True)
        for name in _SHIPPED:
            source = Path(name)
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / name)


setup(cmdclass={"build_py": BuildWithShipped})
