"""HTTP towards us: the operator's page, health, metrics and Telegram's webhook."""
