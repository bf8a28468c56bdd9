"""Sahman: Telegram alerts and digests from Armenian, Russian and English news, by keyword."""

__version__ = "0.1.0"
