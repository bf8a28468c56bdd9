"""`glossary`: what words mean to Sahman."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.console import errors, out


def glossary(
    word: Annotated[
        str, typer.Argument(help="A word or several, as a subscriber would type them.")
    ],
) -> None:
    """Show what words mean to Sahman: the concepts they stand for, in three languages."""
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
