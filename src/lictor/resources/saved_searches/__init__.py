"""Saved searches: filters that people keep under a name."""
