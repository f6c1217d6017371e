"""The figures that triggers keep are those that counting would find, whatever is done to the rows."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from lictor.db.derived_table import Repair
from lictor.db.engine import Database, Transaction
from lictor.db.grouped_counter import ABSENT, GroupedCounter
from lictor.db.ids import uuid7
from lictor.resources.flow_runs.table import flow_run, flow_run_counter
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.table import task_run, task_run_counter
from tests.make import Make

COUNTERS = pytest.mark.parametrize("counter", [task_run_counter, flow_run_counter], ids=["task runs", "flow runs"])
Key = tuple[UUID | None, str]
TYPES = [None, *(state_type.value for state_type in StateType)]


async def counters(db: Database, counter: GroupedCounter) -> dict[Key, int]:
    return {(row.flow_id, row.value): row.count for row in await db.read.all(counter.stored())}


async def truth(db: Database, counter: GroupedCounter) -> dict[Key, int]:
    return {(row.flow_id, row.value): row.count for row in await db.read.all(counter.expected())}


@COUNTERS
async def test_counts(db: Database, make: Make, counter: GroupedCounter) -> None:
    etl, ml = await make.flows("etl", "ml")
    runs = {flow_id: await make.flow_run(flow_id=flow_id, state="PENDING") for flow_id in (etl, ml)}
    for flow_id, state in ((etl, "COMPLETED"), (etl, "COMPLETED"), (ml, "FAILED"), (ml, "COMPLETED"), (ml, None)):
        if counter is task_run_counter:
            await make.task_run(state=state, flow_run_id=runs[flow_id])
        else:
            await make.flow_run(state=state, flow_id=flow_id)
    pending = {} if counter is task_run_counter else {(etl, "PENDING"): 1, (ml, "PENDING"): 1}
    assert await counters(db, counter) == {
        (etl, "COMPLETED"): 2,
        (ml, "COMPLETED"): 1,
        (ml, "FAILED"): 1,
        (ml, ABSENT): 1,
        **pending,
    }
    assert await db.read.scalar(counter.count) == 5 + len(pending)
    assert await db.read.scalar(counter.count.where(counter.table.c.value.in_(["COMPLETED", "CRASHED"]))) == 3
    assert await db.read.scalar(counter.count.where(counter.table.c.value.in_(["CRASHED"]))) == 0
    counts = {row.value: row.total for row in await db.read.all(counter.counts)}
    assert counts == {"COMPLETED": 3, "FAILED": 1} | ({"PENDING": 2} if pending else {})


async def test_runs_of_no_flow_count_together(db: Database, make: Make) -> None:
    for state in ("COMPLETED", "COMPLETED", None):
        await make.task_run(state=state)
    assert await counters(db, task_run_counter) == {(None, "COMPLETED"): 2, (None, ABSENT): 1}
    flow_run_id = await make.flow_run()
    flow_id = sa.select(flow_run.c.flow_id).where(flow_run.c.id == flow_run_id)
    async with db.write() as tx:
        await tx.execute(sa.update(task_run).values(flow_run_id=flow_run_id, flow_id=flow_id.scalar_subquery()))
    of = await db.read.scalar(flow_id)
    assert await counters(db, task_run_counter) == {(of, "COMPLETED"): 2, (of, ABSENT): 1}


async def test_what_a_transaction_takes_back_was_never_counted(db: Database, make: Make) -> None:
    await make.task_run(state="RUNNING")
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  # the transaction is what is tested
        async with db.write() as tx:
            await tx.execute(sa.update(task_run).values(state_type="FAILED"))
            assert await tx.scalar(task_run_counter.count.where(task_run_counter.table.c.value == "FAILED")) == 1
            raise ZeroDivisionError
    assert await counters(db, task_run_counter) == {(None, "RUNNING"): 1}


async def test_deleting_a_flow_run_takes_its_task_runs_off(db: Database, make: Make) -> None:
    flow_id = await make.flow()
    gone, left = await make.flow_run(), await make.flow_run(flow_id=flow_id)
    await make.task_runs(3, flow_run_id=gone, state="COMPLETED")
    await make.task_runs(2, flow_run_id=left, state="COMPLETED")
    async with db.write() as tx:
        await tx.execute(sa.delete(flow_run).where(flow_run.c.id == gone))
    assert await counters(db, task_run_counter) == {(flow_id, "COMPLETED"): 2}


@pytest.mark.parametrize("seed", range(3))
async def test_random_work_by_many_hands(db: Database, make: Make, seed: int) -> None:
    flows = await make.flows("one", "two", "three")
    flow_runs = [await make.flow_run(flow_id=flows[number % 3]) for number in range(12)]
    await asyncio.gather(*(_work(make, flow_runs, random.Random(seed * 100 + hand)) for hand in range(4)))
    for counter in (task_run_counter, flow_run_counter):
        assert await counters(db, counter) == await truth(db, counter) != {}


async def _work(make: Make, flow_runs: list[Any], dice: random.Random) -> None:
    for _ in range(25):
        of = task_run.c.flow_run_id == dice.choice(flow_runs)
        match dice.randrange(7):
            case 0 | 1:
                flow_run_id = dice.choice([None, *flow_runs])
                await make.task_run(flow_run_id=flow_run_id, dynamic_key=str(dice.random()), state=dice.choice(TYPES))
            case 2:
                await make.change(sa.update(task_run).where(of).values(state_type=dice.choice(TYPES)))
            case 3:
                await make.change(sa.update(task_run).where(of).values(name="same type"))
            case 4:
                await make.change(sa.delete(task_run).where(of, task_run.c.state_type == dice.choice(TYPES[1:])))
            case 5:
                chosen = flow_run.c.id == dice.choice(flow_runs[:6])
                await make.change(sa.update(flow_run).where(chosen).values(state_type=dice.choice(TYPES)))
            case 6:
                await make.change(sa.update(task_run).where(of).values(flow_run_id=None, flow_id=None))


async def test_folding_keeps_the_figures(db: Database, make: Make, dialect: str) -> None:
    """On PostgreSQL differences are folded now and then: of thousands of them, few are left for certain."""
    run = await make.task_run(state="PENDING")

    async def change(tx: Transaction, state_type: str) -> None:
        await tx.execute(sa.update(task_run).where(task_run.c.id == run).values(state_type=state_type))

    async with db.write() as tx:
        for _ in range(1000):
            await change(tx, "RUNNING")
            await change(tx, "PENDING")
    assert await counters(db, task_run_counter) == {(None, "PENDING"): 1}
    rows = await db.read.scalar(sa.select(sa.func.count()).select_from(task_run_counter.table))
    assert rows < (3 if dialect == "sqlite" else 4000)


async def test_mending(db: Database, make: Make) -> None:
    await make.task_run(state="COMPLETED")
    async with db.write() as tx:
        assert await task_run_counter.repair(tx) == Repair()
        await tx.execute(sa.update(task_run_counter.table).values(count=7))
        await tx.execute(sa.insert(task_run_counter.table).values(flow_id=uuid7(), value="FAILED", count=3))
    async with db.write() as tx:
        repair = await task_run_counter.repair(tx)
    assert (repair.missing, repair.surplus) == (1, 2)
    assert repair.examples[0] == "missing: flow_id None, value COMPLETED, count 1"
    assert {example.rpartition(" ")[2] for example in repair.examples[1:]} == {"3", "7"}
    assert await counters(db, task_run_counter) == {(None, "COMPLETED"): 1}
