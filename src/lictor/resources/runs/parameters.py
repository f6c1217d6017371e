"""The parameters that a flow is called with."""

import json
from collections.abc import Mapping
from typing import Any

from lictor.errors import invalid_field


def check_size(parameters: Mapping[str, Any], limit: int) -> None:
    """Refuses parameters that take more bytes as JSON, in ASCII, than the setting allows; 0 allows any size."""
    if not limit:
        return
    size = len(json.dumps(parameters, separators=(",", ":")))
    if size > limit:
        message = f"Flow run parameters must be less than {limit:,} bytes when serialized (got {size:,} bytes)."
        raise invalid_field(("body", "parameters"), message, parameters)
