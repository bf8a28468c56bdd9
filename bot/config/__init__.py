"""What an operator writes down: settings in the environment, feeds in feeds.yaml."""

from bot.config.feedlist import FeedEntry, FeedList, PublisherEntry, load_feeds, parse_feeds
from bot.config.settings import Settings, load_settings, read_settings

__all__ = [
    "FeedEntry",
    "FeedList",
    "PublisherEntry",
    "Settings",
    "load_feeds",
    "load_settings",
    "parse_feeds",
    "read_settings",
]
