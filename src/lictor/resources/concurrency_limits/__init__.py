"""Limits on what may run at once: by tag, and by name."""
