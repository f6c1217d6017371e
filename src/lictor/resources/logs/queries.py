"""Statements on logs."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from lictor.db.bulk import Insertion
from lictor.db.functions import Statement
from lictor.db.ids import first_id_of
from lictor.db.row_serializer import RowSerializer
from lictor.query.compiler import with_filters
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.logs.filters import LogFilter
from lictor.resources.logs.schemas import LogSort
from lictor.resources.logs.table import log

LOG = RowSerializer(
    {
        "id": log.c.id,
        "created": log.c.created,
        "updated": log.c.updated,
        "name": log.c.name,
        "level": log.c.level,
        "message": log.c.message,
        "timestamp": log.c.timestamp,
        "flow_run_id": log.c.flow_run_id,
        "task_run_id": log.c.task_run_id,
    }
)

LOGS = ResourceQuery(
    "logs",
    log,
    (),
    {
        LogSort.TIMESTAMP_ASC: Order(log.c.timestamp),
        LogSort.TIMESTAMP_DESC: Order(log.c.timestamp, descending=True),
    },
)


LOG_COLUMNS = [column.name for column in log.columns]
INSERTION = Insertion(log, LOG_COLUMNS, announced=True)
"""Keeps new logs."""


_ROWS = LOG.select().select_from(log)


def log_list(filters: Filters, sort: LogSort) -> ListQuery:
    """The logs that match, in order."""
    return ListQuery(LOGS, LOG, _ROWS, filters, sort)


def log_page(filter_: LogFilter, arrived: datetime, after: UUID | None, limit: int) -> Statement:
    """The next logs that match and that arrived since a moment, in the order in which they came."""
    logs = with_filters(sa.select(log).where(log.c.created >= arrived), "logs", {"logs": filter_})
    # Ids are made on arrival and begin with the time.
    logs = logs.where(log.c.id > (first_id_of(arrived) if after is None else after))
    return logs.order_by(log.c.id).limit(limit)


def delete_logs_of_flow_run(id: UUID) -> sa.Delete:
    """Deletes the logs of a flow run and of its task runs."""
    return sa.delete(log).where(log.c.flow_run_id == id)


def delete_logs_of_task_run(id: UUID) -> sa.Delete:
    """Deletes the logs of a task run."""
    return sa.delete(log).where(log.c.task_run_id == id)


def name_of_flow_run(id: UUID) -> Statement:
    """The name of a flow run."""
    return sa.select(flow_run.c.name).where(flow_run.c.id == id)


def logs_of_flow_run(id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> Statement:
    """The next logs of a flow run in order of time: from the first one on, or behind the one of this time and id."""
    logs: Statement = sa.select(log.c.timestamp, log.c.id, log.c.level, log.c.task_run_id, log.c.message)
    if after is not None:
        last = sa.tuple_(sa.literal(after[0], log.c.timestamp.type), sa.literal(after[1], log.c.id.type))
        logs = logs.where(sa.tuple_(log.c.timestamp, log.c.id) > last)
    return logs.where(log.c.flow_run_id == id).order_by(log.c.timestamp, log.c.id).limit(limit)
