"""A logger for warnings that may come thousands of times a second."""

import logging
import time
from dataclasses import dataclass, field

INTERVAL_SECONDS = 10.0
MAX_KINDS = 100


@dataclass
class RateLimitedLogger:
    """Logs each kind of warning at most once per interval, and then says how many were left out."""

    logger: logging.Logger
    seconds: float = INTERVAL_SECONDS
    _unsaid: dict[str, tuple[float, int]] = field(default_factory=dict)  # since when, and how often

    def warning(self, kind: str, message: str, *arguments: object) -> None:
        """Logs a warning, unless one of its kind was logged within the interval."""
        now = time.monotonic()
        since, unsaid = self._unsaid.get(kind, (-self.seconds, 0))
        if now - since < self.seconds:
            self._unsaid[kind] = since, unsaid + 1
            return
        if unsaid:
            message += f" (and {unsaid} more like it before)"
        if len(self._unsaid) >= MAX_KINDS:
            self._unsaid.clear()
        self._unsaid[kind] = now, 0
        self.logger.warning(message, *arguments)
