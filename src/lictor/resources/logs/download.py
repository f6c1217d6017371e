"""The logs of a flow run as a file."""

import csv
import io
from collections.abc import AsyncIterator
from uuid import UUID

from lictor.db.engine import Reader
from lictor.resources.logs import queries

COLUMNS = ("timestamp", "level", "flow_run_id", "task_run_id", "message")

BATCH_ROWS = 200
"""A message may hold a megabyte: so many are in memory at once, however many there are."""


async def logs_as_csv(db: Reader, flow_run_id: UUID) -> AsyncIterator[str]:
    """All logs of a flow run in order of time, a piece for each statement; no connection is held between them."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    after = None
    while True:
        logs = await db.all(queries.logs_of_flow_run(flow_run_id, after, BATCH_ROWS))
        for log in logs:
            writer.writerow((log.timestamp, log.level, flow_run_id, log.task_run_id, log.message))
        yield buffer.getvalue()
        if len(logs) < BATCH_ROWS:
            break
        buffer.seek(0)
        buffer.truncate()
        after = logs[-1].timestamp, logs[-1].id
