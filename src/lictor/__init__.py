"""Lictor: a server for the Prefect 3 SDK, CLI and HTTP clients."""

__version__ = "0.1.0"
