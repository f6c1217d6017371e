"""The parameters that a flow is called with."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError

from lictor.http.errors import problem


def check_size(parameters: Mapping[str, Any], limit: int) -> None:
    """Refuses parameters that take more bytes as JSON, in ASCII, than the setting allows; 0 allows any size."""
    if not limit:
        return
    size = len(json.dumps(parameters, separators=(",", ":")))
    if size > limit:
        message = (
            f"Value error, Flow run parameters must be less than {limit:,} bytes when serialized (got {size:,} bytes)."
        )
        raise RequestValidationError([problem("value_error", ("body", "parameters"), message, parameters, error={})])
