"""Which items tell one event. Pure: values in, values out."""

from bot.stories.identity import find_story_key
from bot.stories.replay import assign, same_event

__all__ = ["assign", "find_story_key", "same_event"]
