"""Telegram: the one door through which people and their messages come in and go out."""
