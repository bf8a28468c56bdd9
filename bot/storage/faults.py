"""What is wrong with a database that cannot be used, and what its operator can do about it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL

_OTHER = "or name another file by BOT_DATABASE_URL=sqlite:///..."


def explain_fault(url: URL, error: Exception) -> str:
    """Return in one sentence what is wrong, and how to mend it; never a password."""
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0][:300]
    if url.get_backend_name() == "sqlite" and url.database:
        known = _explain_file(Path(url.database), cause.lower())
        if known:
            return known
    place = url.render_as_string(hide_password=True)
    return f"cannot use the database {place}: {cause}. Check BOT_DATABASE_URL and that it runs"


def explain_folder(file: Path) -> str:
    """Return why the folder of an SQLite file cannot be used, or "" if it can be."""
    folder = file.parent
    existing = next(
        (each for each in (folder, *folder.absolute().parents) if each.exists()), folder
    )
    if not existing.is_dir():
        return (
            f"{existing} is a file, and the database needs a folder there. Move it away, {_OTHER}"
        )
    return ""


def explain_right(file: Path) -> str:
    """Return what to do where the file or its folder may not be written."""
    return (
        f"{file} cannot be written by the user who runs this. Give it and its folder to that user "
        f"(chown -R USER {file.parent}), {_OTHER}"
    )


def _explain_file(file: Path, cause: str) -> str:
    if "not a database" in cause or "malformed" in cause:
        return (
            f"{file} is damaged, or no SQLite file. Move it away and bring a backup back "
            f"(sahman restore FILE), {_OTHER}"
        )
    if "readonly" in cause or "unable to open" in cause:
        return explain_right(file)
    if "disk is full" in cause:
        return f"the disk that holds {file} is full. Make room there, {_OTHER}"
    if "locked" in cause:
        return f"{file} is locked by another program. End that program, {_OTHER}"
    return ""
