"""Keeps the tokens of webhooks, which are part of their addresses, out of the log."""

import logging
import re

HOOKS = "/hooks"
"""Where webhooks are, below the API's prefix."""

_TOKEN = re.compile(rf"({HOOKS}/)[^/?#\s]+")


def without_tokens(path: str) -> str:
    """The path of a request as the log may have it."""
    return _TOKEN.sub(r"\1***", path)


class WithoutTokens(logging.Filter):
    """Hides tokens in the lines that tell of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(without_tokens(each) if isinstance(each, str) else each for each in record.args)
        return True
