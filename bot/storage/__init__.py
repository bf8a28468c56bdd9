"""SQL: tables, the database, and one file per noun. One method is one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.config import Settings
from bot.storage.database import Database, make_engine, migrate
from bot.storage.deliveries import Deliveries
from bot.storage.feeds import Feeds
from bot.storage.health import Health
from bot.storage.items import Items
from bot.storage.keywords import Keywords
from bot.storage.matches import Matches
from bot.storage.receiving import Receiving
from bot.storage.silences import Silences
from bot.storage.subscribers import Subscribers


class Storage:
    """All that is kept, one attribute per noun, over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.feeds = Feeds(database)
        self.health = Health(database)
        self.items = Items(database)
        self.keywords = Keywords(database)
        self.matches = Matches(database)
        self.silences = Silences(database)
        self.subscribers = Subscribers(database)
        self.deliveries = Deliveries(database)
        self.receiving = Receiving(database)


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    """Open the database, its tables brought up to this version; raises DatabaseError."""
    engine = make_engine(settings.database_url.get_secret_value())
    database = Database(engine)
    try:
        await asyncio.to_thread(migrate, engine)
        yield Storage(database)
    finally:
        database.close()
