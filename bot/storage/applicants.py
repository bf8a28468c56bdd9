"""Applicants: chats that ask to be let in, and what operators decided about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, or_, select, update

from bot.model import Applicant, Stage, Standing
from bot.storage.database import Database, insert_into
from bot.storage.operator_tables import applicant, applicant_message, broadcast
from bot.storage.tables import channel_admin, subscriber

#: Who was refused and writes on is told so again this much later.
_TOLD_AGAIN = timedelta(days=1)


class Applicants:
    """Storage of who is let in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_standing(self, chat_id: int) -> Standing:
        """Return whether a chat is let in; one with a subscriber was there before, and stays."""
        return await self._database.read(lambda connection: _load_standing(connection, chat_id))

    async def ask(self, chat_id: int, language: str, now: datetime) -> Standing:
        """Note that a chat asks to be let in, unless it has; return its standing."""

        def work(connection: Connection) -> Standing:
            standing = _load_standing(connection, chat_id)
            if standing is not Standing.STRANGER:
                return standing
            connection.execute(
                insert_into(connection, applicant)
                .values(chat_id=chat_id, standing=Standing.ASKED, language=language, asked_at=now)
                .on_conflict_do_nothing()
            )
            return Standing.ASKED

        return await self._database.write(work)

    async def withdraw(self, chat_id: int) -> bool:
        """Forget that a chat asked, if nothing is decided; say whether it had."""

        def work(connection: Connection) -> bool:
            asked = delete(applicant).where(
                applicant.c.chat_id == chat_id, applicant.c.standing == Standing.ASKED
            )
            return connection.scalar(asked.returning(applicant.c.chat_id)) is not None

        return await self._database.write(work)

    async def let_in(self, chat_id: int, language: str, now: datetime) -> None:
        """Let a chat in that somebody vouches for, unless operators refused it."""

        def work(connection: Connection) -> None:
            connection.execute(
                insert_into(connection, applicant)
                .values(chat_id=chat_id, standing=Standing.IN, language=language, asked_at=now)
                .on_conflict_do_update(
                    index_elements=["chat_id"],
                    set_={"standing": Standing.IN},
                    where=applicant.c.standing == Standing.ASKED,
                )
            )

        await self._database.write(work)

    async def decide(self, chat_id: int, standing: Standing, now: datetime) -> Applicant | None:
        """Note what an operator decides; None where nothing is to be decided (any more)."""

        def work(connection: Connection) -> Applicant | None:
            decided = connection.execute(
                update(applicant)
                .where(applicant.c.chat_id == chat_id, applicant.c.standing == Standing.ASKED)
                .values(standing=standing, answered_at=now)
                .returning(applicant.c.language)
            ).one_or_none()
            if decided is None:
                return None
            return Applicant(chat_id, decided.language, _load_messages(connection, chat_id))

        return await self._database.write(work)

    async def load_messages(self, chat_id: int) -> Mapping[int, int]:
        """Return the message about a chat that each operator has, by the operator's chat."""
        return await self._database.read(lambda connection: _load_messages(connection, chat_id))

    async def note_message(self, chat_id: int, operator_id: int, message_id: int) -> None:
        """Note which message asks an operator about a chat."""

        def work(connection: Connection) -> None:
            known = select(applicant.c.chat_id).where(applicant.c.chat_id == chat_id)
            if connection.execute(known).first() is None:
                return
            row = insert_into(connection, applicant_message).values(
                applicant_id=chat_id, operator_id=operator_id, message_id=message_id
            )
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["applicant_id", "operator_id"],
                    set_={"message_id": message_id},
                )
            )

        await self._database.write(work)

    async def may_answer(self, chat_id: int, now: datetime) -> bool:
        """Say whether somebody refused is to be told so again, and note that they are."""

        def work(connection: Connection) -> bool:
            told = (
                update(applicant)
                .where(
                    applicant.c.chat_id == chat_id,
                    or_(
                        applicant.c.answered_at.is_(None),
                        applicant.c.answered_at <= now - _TOLD_AGAIN,
                    ),
                )
                .values(answered_at=now)
            )
            return connection.scalar(told.returning(applicant.c.chat_id)) is not None

        return await self._database.write(work)

    async def count_asking(self) -> int:
        """Return how many wait for an operator's decision."""
        asking = select(func.count()).where(applicant.c.standing == Standing.ASKED)
        return await self._database.read(lambda connection: connection.scalar(asking) or 0)

    async def prune(self, asked_before: datetime) -> None:
        """Forget requests that nobody decided for long; what was decided stays."""

        def work(connection: Connection) -> None:
            connection.execute(
                delete(applicant).where(
                    applicant.c.asked_at < asked_before, applicant.c.standing == Standing.ASKED
                )
            )

        await self._database.write(work)


def erase_traces(connection: Connection, chats: Collection[int]) -> None:
    """Erase that chats asked to be let in, decided about others, or spoke to all."""
    connection.execute(delete(applicant).where(applicant.c.chat_id.in_(chats)))
    connection.execute(delete(applicant_message).where(applicant_message.c.operator_id.in_(chats)))
    said = broadcast.c.operator_id.in_(chats) & (broadcast.c.stage != Stage.SENDING)
    connection.execute(delete(broadcast).where(said))


def _load_standing(connection: Connection, chat_id: int) -> Standing:
    if connection.execute(select(subscriber.c.id).where(subscriber.c.chat_id == chat_id)).first():
        return Standing.IN
    found = connection.scalar(select(applicant.c.standing).where(applicant.c.chat_id == chat_id))
    if found is not None:
        return Standing(found)
    # Only who is let in sets a channel up.
    of_channel = select(channel_admin.c.person_id).where(channel_admin.c.chat_id == chat_id)
    return Standing.IN if connection.execute(of_channel).first() else Standing.STRANGER


def _load_messages(connection: Connection, chat_id: int) -> dict[int, int]:
    rows = connection.execute(
        select(applicant_message.c.operator_id, applicant_message.c.message_id).where(
            applicant_message.c.applicant_id == chat_id
        )
    )
    return {row.operator_id: row.message_id for row in rows}
