"""Logs as they are streamed."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from lictor.db.change_stream import ChangeSource
from lictor.resources.logs.table import log


@dataclass(frozen=True)
class StoredLog:
    """A log, as its row holds it."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    level: int
    flow_run_id: UUID | None
    task_run_id: UUID | None
    message: str
    timestamp: datetime

    @classmethod
    def of(cls, row: sa.Row[Any]) -> "StoredLog":
        return cls(*row[: len(log.columns)])

    @property
    def arrived(self) -> datetime:
        return self.created

    @property
    def size(self) -> int:
        return len(self.message)

    @property
    def topics(self) -> list[str]:
        """The runs that it is of."""
        return [str(id) for id in (self.flow_run_id, self.task_run_id) if id is not None]

    @cached_property
    def line(self) -> str:
        """How a websocket tells it."""
        told = {
            "id": str(self.id),
            "created": self.created,
            "updated": self.updated,
            "name": self.name,
            "level": self.level,
            "message": self.message,
            "timestamp": self.timestamp,
            "flow_run_id": None if self.flow_run_id is None else str(self.flow_run_id),
            "task_run_id": None if self.task_run_id is None else str(self.task_run_id),
        }
        return orjson.dumps({"type": "log", "log": told}, option=orjson.OPT_UTC_Z).decode()


STORED_LOGS = ChangeSource(log, (*log.columns,), StoredLog.of)
