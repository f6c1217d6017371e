"""The websocket on which logs go out."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from lictor.db.change_stream import ChangeStream
from lictor.db.engine import Database
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
        after = None
        while True:
            rows = await db.read.all(queries.log_page(asked, arrived, after, BATCH_LOGS))
            yield [StoredLog.of(row) for row in rows]
            if len(rows) < BATCH_LOGS:
                return
            after = rows[-1].id

    await Stream(socket, feed, _interest(asked), pages).run(backfill=False)


def _interest(filter_: LogFilter) -> Interest[StoredLog]:
    """By the run that is named, which nearly all who follow logs do."""
    run = filter_.flow_run_id if filter_.operator is Combinator.and_ else None
    ids = None if run is None else run.any_
    topics = None if ids is None else frozenset(map(str, ids))
    return Interest(key=filter_.model_dump_json(), matches=lambda log: matches(filter_, log), topics=topics)
