"""`glossary`: what words mean to Sahman, and which words of the news mean nothing to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import errors, finish, out, settings_or_exit

if TYPE_CHECKING:
    from bot.matching import MissingWords

_AT_ONCE = 2_000


def glossary(
    word: Annotated[
        str, typer.Argument(help="A word or several, as a subscriber would type them.")
    ] = "",
    missing: Annotated[
        bool,
        typer.Option("--missing", help="Show the names and nouns of the archive no concept knows."),
    ] = False,
    days: Annotated[int, typer.Option(min=1, help="With --missing: how far back.")] = 30,
    most: Annotated[int, typer.Option(min=1, help="With --missing: how many of each kind.")] = 40,
) -> None:
    """Show what words mean to Sahman: the concepts they stand for, in three languages."""
    if missing:
        _show_missing(days, most)
    elif word:
        _show_meaning(word)
    else:
        raise typer.BadParameter("give a word, or --missing")


def _show_missing(days: int, most: int) -> None:
    settings = settings_or_exit()
    from bot.language.glossary import LANGUAGES
    from bot.matching import MissingWords, read_text
    from bot.storage import open_storage

    async def main() -> MissingWords:
        found, last = MissingWords(), 0
        since = datetime.now(UTC) - timedelta(days=days)
        async with open_storage(settings) as storage:
            while page := await storage.items.load_titles(since, after=last, limit=_AT_ONCE):
                found.add(read_text(title) for _, title in page)
                last = page[-1][0]
        return found

    found = finish(main())
    for code in LANGUAGES:
        for kind, words in zip(("names", "nouns"), found.most(code, most), strict=True):
            listed = ", ".join(f"{each.written} {each.times}" for each in words)
            out.print(f"{code} {kind}: {listed or '-'}", markup=False)


def _show_meaning(word: str) -> None:
    from bot import language
    from bot.matching import KeywordRefused, find_concepts, parse_keyword

    try:
        query = parse_keyword(word)
    except KeywordRefused as refused:
        errors.print(f"✗ refused: {refused.reason} at {refused.position + 1}", markup=False)
        raise typer.Exit(1) from None
    out.print(f"asks for: {query.canonical}", markup=False)
    concepts = language.load().glossary.concepts
    found = [concepts[each] for each in find_concepts(query) if each in concepts]
    for concept in found:
        out.print(f"\n{concept.id} ({concept.category}, gravity {concept.gravity})", markup=False)
        for code, words in concept.words.items():
            out.print(f"  {code}: {', '.join(words)}", markup=False)
        never = [words for each in concept.never.values() for words in each]
        if never:
            out.print(f"  not: {', '.join(never)}", markup=False)
    if not found:
        out.print("no concept of the glossary: found by its own forms and sound", markup=False)
