"""The API of task workers, and the websocket on which they get task runs to run."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Response

from lictor.cancelling import cancel
from lictor.db.clock import expiry_now
from lictor.http.dependencies import ReadDB
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.http.sockets import Socket, socket_route
from lictor.resources.task_workers import queries
from lictor.resources.task_workers.dispatcher import LEASE, Dispatcher, Worker
from lictor.resources.task_workers.schemas import TaskWorkerFilter, TaskWorkerResponse
from lictor.validation.fields import MAX_INDEXED_BYTES

router = StrictRouter(prefix="/task_workers", tags=["Task Workers"])

VIOLATION = 4001
"""The code with which a connection is closed whose client says what it should not."""


@router.post("/filter", response_model=list[TaskWorkerResponse])
async def read_task_workers(
    db: ReadDB,
    task_worker_filter: Annotated[TaskWorkerFilter | None, Body(embed=True, description="What to look for.")] = None,
) -> Response:
    """List the task workers that are connected."""
    keys = task_worker_filter.task_keys if task_worker_filter is not None else []
    statement = queries.task_workers(expiry_now(LEASE) - LEASE, keys)
    return RowsResponse(await db.objects(queries.TASK_WORKER, statement))


async def serve_task_worker(socket: Socket) -> None:
    """Sends task runs, each after the one before it was acknowledged."""
    asked = await socket.next_object() or {}
    if (fault := _fault(asked)) is not None:
        await socket.close(VIOLATION, f"Protocol violation: {fault}")
        return
    dispatcher: Dispatcher = socket.state["dispatcher"]
    async with dispatcher.connected(asked["client_id"], asked["keys"]) as worker:
        await _hand_out(socket, dispatcher, worker)


def _fault(body: dict[str, Any]) -> str | None:
    keys, client_id = body.get("keys"), body.get("client_id")
    if body.get("type") != "subscribe":
        return "expected 'subscribe' message"
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        return "expected 'keys' in subscribe message"
    if not isinstance(client_id, str) or not client_id or "\0" in client_id + "".join(keys):
        return "expected 'client_id' in subscribe message"
    if len(client_id.encode()) > MAX_INDEXED_BYTES:
        return "'client_id' is too long"
    return None


async def _hand_out(socket: Socket, dispatcher: Dispatcher, worker: Worker) -> None:
    # What the worker says is read all the time, as that is how its end is noticed, too.
    heard = asyncio.ensure_future(socket.next_object())
    try:
        while True:
            may_find_some = asyncio.ensure_future(worker.may_find_some.wait())
            await asyncio.wait((heard, may_find_some), return_when=asyncio.FIRST_COMPLETED)
            may_find_some.cancel()
            if heard.done():
                await _part(socket, heard.result())
                return
            while (task_run := await dispatcher.take(worker)) is not None:
                if not await _acknowledged(socket, dispatcher, task_run, heard):
                    return
                heard = asyncio.ensure_future(socket.next_object())
    finally:
        await cancel(heard)


async def _acknowledged(
    socket: Socket, dispatcher: Dispatcher, task_run: dict[str, Any], heard: asyncio.Future[dict[str, Any] | None]
) -> bool:
    """Sends a task run; whether the worker has it. If not, the conversation is over."""
    taken = False
    try:
        await socket.send(task_run)
        said = await heard
        taken = said is not None and said.get("type") == "ack"
        if not taken:
            await _part(socket, said)
    finally:
        if not taken:
            await asyncio.shield(dispatcher.give_back(UUID(task_run["id"])))
    return taken


async def _part(socket: Socket, message: dict[str, Any] | None) -> None:
    """Closes the connection with a worker that says anything but what is asked."""
    if message is not None and message.get("type") == "quit":
        await socket.close(1000, "")
    else:
        await socket.close(VIOLATION, "Protocol violation: expected 'ack' message")


router.routes.append(socket_route("/task_runs/subscriptions/scheduled", serve_task_worker))
