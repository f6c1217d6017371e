"""Processes that run tasks in the background, and which of the waiting task runs each of them has."""
