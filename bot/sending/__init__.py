"""Sending: what is owed is claimed, composed and sent, and what became of it is stored."""
