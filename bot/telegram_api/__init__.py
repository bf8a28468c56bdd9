"""Telegram, and nothing of ours: how it is spoken to, and what its refusals ask of us."""
