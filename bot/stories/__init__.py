"""Which items tell one event. Pure: values in, values out."""

from bot.stories.identity import find_story_key

__all__ = ["find_story_key"]
