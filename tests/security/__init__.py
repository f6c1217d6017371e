"""Attacks, at small sizes: what one client may do to a server, and what the others notice of it."""
