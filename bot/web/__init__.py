"""HTTP towards us: Telegram's webhook; later the operator's page, health and metrics."""
