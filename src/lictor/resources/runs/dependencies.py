"""What routes of histories take."""

from typing import Annotated

from fastapi import Body
from pydantic import FiniteFloat

IntervalSeconds = Annotated[
    FiniteFloat,
    Body(json_schema_extra={"format": "time-delta"}, description="How many seconds an interval lasts, at least 1."),
]
"""`history_interval_seconds` of a request body."""
