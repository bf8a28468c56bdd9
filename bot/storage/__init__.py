"""SQL: tables, the database, and one file per noun. One method is one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.config import Settings
from bot.errors import DatabaseNotReady
from bot.storage.alarms import Alarms
from bot.storage.applicants import Applicants
from bot.storage.bots import Bots
from bot.storage.broadcasts import Broadcasts
from bot.storage.carrying import Carrying
from bot.storage.channels import Channels
from bot.storage.chats import Chats
from bot.storage.database import Database, make_engine
from bot.storage.deliveries import Deliveries
from bot.storage.feeds import Feeds
from bot.storage.file_lock import FileLock
from bot.storage.health import Health
from bot.storage.items import Items
from bot.storage.keywords import Keywords
from bot.storage.leaving import Leaving
from bot.storage.matches import Matches
from bot.storage.merging import Merging
from bot.storage.migrating import migrate
from bot.storage.muting import Muting
from bot.storage.overview import Overviews
from bot.storage.own_data import OwnDataStorage
from bot.storage.pausing import Pausing
from bot.storage.processes import Processes
from bot.storage.quiet import QuietHours
from bot.storage.reasons import Reasons
from bot.storage.receiving import Receiving
from bot.storage.sharing import Sharing
from bot.storage.silences import Silences
from bot.storage.stories import Stories
from bot.storage.subscribers import Subscribers
from bot.storage.trends import Trends

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 2.0


class Storage:
    """All that is kept, one attribute per noun, over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.processes = Processes(database)
        self.bots = Bots(database)
        self.feeds = Feeds(database, self.processes)
        self.health = Health(database)
        self.overviews = Overviews(database, self.health)
        self.items = Items(database)
        self.carrying = Carrying(database)
        self.keywords = Keywords(database)
        self.stories = Stories(database)
        self.merging = Merging(database)
        self.matches = Matches(database)
        self.silences = Silences(database)
        self.reasons = Reasons(database)
        self.trends = Trends(database)
        self.chats = Chats(database)
        self.channels = Channels(database)
        self.alarms = Alarms(database)
        self.applicants = Applicants(database)
        self.broadcasts = Broadcasts(database)
        self.leaving = Leaving(database)
        self.subscribers = Subscribers(database)
        self.quiet_hours = QuietHours(database)
        self.pausing = Pausing(database)
        self.muting = Muting(database)
        self.sharing = Sharing(database)
        self.own_data = OwnDataStorage(database)
        self.deliveries = Deliveries(database, self.processes)
        self.receiving = Receiving(database)


@asynccontextmanager
async def open_storage(
    settings: Settings,
    patience_s: float = 0.0,
    stop: asyncio.Event | None = None,
    *,
    serving: bool = False,
) -> AsyncIterator[Storage]:
    """Open the database, its tables brought up to this version; raises DatabaseError.

    One that starts or recovers is waited for, at most *patience_s* and until *stop*. *serving*: for
    as long as it is open; of an SQLite file, one process is.
    """
    engine = make_engine(settings.database_url.get_secret_value())
    lock = FileLock(engine.url)
    if serving:
        lock.take()
    database = Database(engine)
    give_up_s = asyncio.get_running_loop().time() + patience_s
    try:
        while True:
            try:
                upgraded = await asyncio.to_thread(migrate, engine, locked=serving)
                break
            except DatabaseNotReady as error:
                over = asyncio.get_running_loop().time() + _LOOK_EVERY_S > give_up_s
                if over or (stop and stop.is_set()):
                    raise
                _log.warning("database_not_ready", extra={"reason": str(error)})
                await asyncio.sleep(_LOOK_EVERY_S)
        storage = Storage(database)
        if upgraded:
            _log.info("tables_upgraded", extra={"revision": upgraded})
            await storage.alarms.note_upgrade(upgraded, settings.admins)
        yield storage
    finally:
        database.close()
        lock.release()
