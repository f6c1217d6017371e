"""Transactions that PostgreSQL calls off are tried again, with their whole request."""

import asyncio
from uuid import UUID

import pytest
import sqlalchemy as sa

from lictor.db import failures
from lictor.db.failures import TransactionAborted, retry
from lictor.http.dependencies import WriteTx
from lictor.http.routing import StrictRouter
from lictor.resources.flows.table import flow
from tests.serving import client_of


@pytest.fixture
def dialect():
    return "postgresql"  # on SQLite, nobody writes beside anybody else


async def _touch(tx: WriteTx, name: str) -> None:
    tags = flow.c.tags.op("||")(sa.bindparam(None, [name], type_=flow.c.tags.type))
    await tx.execute(sa.update(flow).where(flow.c.name == name).values(tags=tags))


def touching(barrier: asyncio.Barrier) -> StrictRouter:
    """A route that changes two flows in the order asked for, and meets another request in between."""
    router = StrictRouter(prefix="/test", tags=["Test"])
    attempts: dict[str, int] = {}

    @router.post("/touch")
    async def touch(tx: WriteTx, names: list[str]) -> int:
        attempt = attempts[names[0]] = attempts.get(names[0], 0) + 1
        await _touch(tx, names[0])
        if attempt == 1:
            await barrier.wait()
        await _touch(tx, names[1])
        return attempt

    return router


async def test_a_deadlock_is_nobodys_concern(settings, db, make):
    await make.flows("a", "b")
    async with client_of(settings, [touching(asyncio.Barrier(2))]) as api:
        replies = await asyncio.gather(*(api.post("/test/touch", json=names) for names in (["a", "b"], ["b", "a"])))
    assert [reply.status_code for reply in replies] == [200, 200], [reply.text for reply in replies]
    assert sorted(reply.json() for reply in replies) == [1, 2]
    tags = await db.read.all(sa.select(flow.c.tags).order_by(flow.c.name))
    assert [row.tags for row in tags] == [["a", "a"], ["b", "b"]]


async def test_deleting_a_flow_run_while_its_subflows_change_their_states(api, make):
    """The run's task runs go with it, which stand for the subflows that are on their way to them."""
    for _ in range(5):
        parent = await make.flow_run(state="RUNNING")
        calls = [await make.task_run(state="RUNNING", flow_run_id=parent) for _ in range(4)]
        subflows = [await make.flow_run(state="RUNNING", parent_task_run_id=call) for call in calls]
        replies = await asyncio.gather(
            *(api.post(f"/flow_runs/{each}/set_state", json={"state": {"type": "COMPLETED"}}) for each in subflows),
            api.delete(f"/flow_runs/{parent}"),
        )
        assert {reply.status_code for reply in replies} <= {200, 201, 204}, [reply.text for reply in replies]
        assert [await _state_of(api, each) for each in subflows] == ["COMPLETED"] * 4


async def _state_of(api, flow_run_id: UUID) -> str:
    return (await api.get(f"/flow_runs/{flow_run_id}")).json()["state_type"]


async def test_there_is_an_end_to_trying(monkeypatch):
    monkeypatch.setattr(failures, "FIRST_PAUSE_SECONDS", 0.0)
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise TransactionAborted("once more")

    with pytest.raises(TransactionAborted):
        await retry(attempt)
    assert attempts == failures.MAX_ATTEMPTS


async def test_what_fails_otherwise_is_not_tried_again():
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise ValueError

    with pytest.raises(ValueError):
        await retry(attempt)
    assert attempts == 1
