"""Logs: what flow runs and task runs write."""
