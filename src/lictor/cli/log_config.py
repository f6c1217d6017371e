"""What the log looks like, and what is in it."""

from typing import Any

from lictor.observability.tokens import WithoutTokens
from lictor.settings.fields import LogLevel


def log_config(level: LogLevel, *, sql: bool = False) -> dict[str, Any]:
    """For `logging.config`: one line per message on stderr, requests included from INFO on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)-8s %(name)s: %(message)s"}},
        "filters": {"without_tokens": {"()": WithoutTokens}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "sqlalchemy.engine": {"level": "INFO" if sql else "WARNING"},
            # These chatter about each of their own steps.
            "aiosqlite": {"level": "WARNING"},
            # This shows each frame, passwords and payloads included.
            "websockets": {"level": "INFO" if level == "DEBUG" else level},
            "uvicorn.access": {"filters": ["without_tokens"]},
            "asyncio": {"level": "WARNING"},
            "alembic": {"level": "WARNING" if level != "DEBUG" else "INFO"},
        },
    }
