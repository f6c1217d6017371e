"""The websocket on which logs go out."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.change_stream import ChangeStream
from lictor.db.engine import Database, Reader
from lictor.db.interests import Interest
from lictor.http.sockets import Socket
from lictor.http.streams import Stream, filter_message
from lictor.query.criteria import Combinator
from lictor.query.matching import matches
from lictor.resources.logs import queries
from lictor.resources.logs.filters import LogFilter
from lictor.resources.logs.rows import StoredLog

BATCH_LOGS = 250


async def stream_logs(socket: Socket) -> None:
    """Tells a client of the new logs that it wants."""
    db: Database = socket.state["db"]
    feed: ChangeStream[StoredLog] = socket.state["logs"]
    if (said := await filter_message(socket, LogFilter)) is None:
        return
    asked, _ = said

    async def pages(arrived: datetime | None) -> AsyncIterator[Sequence[StoredLog]]:
        assert arrived is not None, "there is no looking back, but for what was missed"
        after, batch = None, BATCH_LOGS
        while True:
            rows, batch = await db.bounded_read.batch(partial(_page, asked, arrived, after), batch)
            yield [StoredLog.of(row) for row in rows]
            if len(rows) < batch:
                return
            after = rows[-1].id

    await Stream(socket, feed, _interest(asked), pages).run(backfill=False)


async def _page(
    filter_: LogFilter, arrived: datetime, after: UUID | None, db: Reader, size: int
) -> Sequence[sa.Row[Any]]:
    return await db.all(queries.log_page(filter_, arrived, after, size))


def _interest(filter_: LogFilter) -> Interest[StoredLog]:
    """By the run that is named, which nearly all who follow logs do."""
    run = filter_.flow_run_id if filter_.operator is Combinator.and_ else None
    ids = None if run is None else run.any_
    topics = None if ids is None else frozenset(map(str, ids))
    return Interest(key=filter_.model_dump_json(), matches=lambda log: matches(filter_, log), topics=topics)
