"""Which items tell one event, and their gist in other languages. Pure: values in, values out."""

from bot.stories.gist import find_gist
from bot.stories.identity import find_story_key
from bot.stories.replay import assign, same_event

__all__ = ["assign", "find_gist", "find_story_key", "same_event"]
