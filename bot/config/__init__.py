"""What an operator writes down: settings in the environment, feeds in feeds.yaml."""

from bot.config.feedlist import FeedEntry, FeedList, PublisherEntry, load_feeds, parse_feeds
from bot.config.mistakes import not_utf8
from bot.config.settings import Settings, load_settings, read_settings
from bot.config.shipped import find_shipped

__all__ = [
    "FeedEntry",
    "FeedList",
    "PublisherEntry",
    "Settings",
    "find_shipped",
    "load_feeds",
    "load_settings",
    "not_utf8",
    "parse_feeds",
    "read_settings",
]
