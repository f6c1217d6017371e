"""Bringing the history over from a Prefect database."""
