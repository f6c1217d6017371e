"""Artifacts: what runs leave for people to look at, and which is the latest of each key."""
