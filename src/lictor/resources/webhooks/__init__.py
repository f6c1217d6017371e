"""Webhooks: addresses that turn what others send into events."""
