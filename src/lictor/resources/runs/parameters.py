"""The parameters that a flow is called with."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from lictor.errors import invalid_field

FAR_TOO_LARGE = 2
"""Of so many times the limit the bytes are told as UTF-8, which never takes more than ASCII and is counted at once."""


def _size_in_utf8(parameters: Mapping[str, Any]) -> int:
    try:
        return len(orjson.dumps(parameters))
    except TypeError:  # integers of more than 64 bits
        return 0


def check_size(parameters: Mapping[str, Any], limit: int) -> None:
    """Refuses parameters that take more bytes as JSON, in ASCII, than the setting allows; 0 allows any size."""
    if not limit:
        return
    size = _size_in_utf8(parameters)
    if size <= FAR_TOO_LARGE * limit:
        size = len(json.dumps(parameters, separators=(",", ":")))
    if size > limit:
        message = f"Flow run parameters must be less than {limit:,} bytes when serialized (got {size:,} bytes)."
        raise invalid_field(("body", "parameters"), message, parameters)
