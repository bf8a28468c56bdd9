"""Who one can be on the demo's page: three people with three languages and three reasons."""

from __future__ import annotations

from dataclasses import dataclass

from bot.demo.people import People


@dataclass(frozen=True, slots=True)
class Persona:
    """One made-up person; ``about`` is in their own language."""

    user_id: int
    first_name: str
    language_code: str
    about: str


PERSONAS: tuple[Persona, ...] = (
    Persona(101, "Անի", "hy", "ընտանիքն ապրում է սահմանի մոտ"),
    Persona(102, "Михаил", "ru", "журналист, следит за регионом"),
    Persona(103, "Lena", "en", "analyst at an aid organisation"),
)


def add_personas(people: People) -> None:
    """Let the three join; none of them has spoken to the bot yet."""
    for persona in PERSONAS:
        people.add_user(
            persona.user_id,
            persona.first_name,
            language_code=persona.language_code,
            about=persona.about,
        )
