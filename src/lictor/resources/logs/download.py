"""The logs of a flow run as a file."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Reader
from lictor.resources.logs import queries

COLUMNS = ("timestamp", "level", "flow_run_id", "task_run_id", "message")

BATCH_ROWS = 200
"""So many are in memory at once, however many there are; fewer where messages are long."""


async def logs_as_csv(db: Reader, flow_run_id: UUID) -> AsyncIterator[str]:
    """All logs of a flow run in order of time, a piece for each statement; no connection is held between them."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    after, batch = None, BATCH_ROWS
    while True:
        logs, batch = await db.batch(partial(_page, flow_run_id, after), batch)
        for log in logs:
            writer.writerow((log.timestamp, log.level, flow_run_id, log.task_run_id, log.message))
        yield buffer.getvalue()
        if len(logs) < batch:
            break
        buffer.seek(0)
        buffer.truncate()
        after = logs[-1].timestamp, logs[-1].id


async def _page(flow_run_id: UUID, after: tuple[datetime, UUID] | None, db: Reader, size: int) -> Sequence[sa.Row[Any]]:
    return await db.all(queries.logs_of_flow_run(flow_run_id, after, size))
