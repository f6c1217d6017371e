"""The figures that triggers keep are those that counting would find, whatever is done to the rows."""

import asyncio
import random
from typing import Any

import pytest
import sqlalchemy as sa

from lictor.db.engine import Database, Transaction
from lictor.db.tally import ABSENT, Tally
from lictor.flow_runs.table import flow_run, flow_run_tally
from lictor.states.schemas import StateType
from lictor.task_runs.table import task_run, task_run_tally
from tests.make import Make

TALLIES = pytest.mark.parametrize("tally", [task_run_tally, flow_run_tally], ids=["task runs", "flow runs"])
TYPES = [None, *(state_type.value for state_type in StateType)]


async def figures(db: Database, tally: Tally) -> dict[str, int]:
    totals = sa.select(tally.figures.c.value, sa.func.sum(tally.figures.c.count)).group_by(tally.figures.c.value)
    return {value: int(count) for value, count in await db.read.all(totals) if count}


async def truth(db: Database, tally: Tally) -> dict[str, int]:
    return dict(tuple(row) for row in await db.read.all(tally.true_counts()))


@TALLIES
async def test_counts(db: Database, make: Make, tally: Tally) -> None:
    made = make.task_run if tally is task_run_tally else make.flow_run
    for state in ("COMPLETED", "COMPLETED", "FAILED", None):
        await made(state=state)
    assert await db.read.scalar(tally.count()) == 4
    assert await db.read.scalar(tally.count(["COMPLETED", "CRASHED"])) == 2
    assert await db.read.scalar(tally.count(["CRASHED"])) == 0
    assert await db.read.scalar(tally.count([])) == 0
    assert {row.value: row.total for row in await db.read.all(tally.counts)} == {"COMPLETED": 2, "FAILED": 1}
    assert await figures(db, tally) == {"COMPLETED": 2, "FAILED": 1, ABSENT: 1}


async def test_what_a_transaction_takes_back_was_never_counted(db: Database, make: Make) -> None:
    await make.task_run(state="RUNNING")
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  # the transaction is what is tested
        async with db.write() as tx:
            await tx.execute(sa.update(task_run).values(state_type="FAILED"))
            assert await tx.scalar(task_run_tally.count(["FAILED"])) == 1
            raise ZeroDivisionError
    assert await figures(db, task_run_tally) == {"RUNNING": 1}


async def test_deleting_a_flow_run_takes_its_task_runs_off(db: Database, make: Make) -> None:
    gone, left = await make.flow_run(), await make.flow_run()
    await make.task_runs(3, flow_run_id=gone, state="COMPLETED")
    await make.task_runs(2, flow_run_id=left, state="COMPLETED")
    async with db.write() as tx:
        await tx.execute(sa.delete(flow_run).where(flow_run.c.id == gone))
    assert await figures(db, task_run_tally) == {"COMPLETED": 2}


@pytest.mark.parametrize("seed", range(3))
async def test_random_work_by_many_hands(db: Database, make: Make, seed: int) -> None:
    flow_runs = [await make.flow_run() for _ in range(12)]
    await asyncio.gather(*(_work(make, flow_runs, random.Random(seed * 100 + hand)) for hand in range(4)))
    for tally in (task_run_tally, flow_run_tally):
        assert await figures(db, tally) == await truth(db, tally) != {}


async def _work(make: Make, flow_runs: list[Any], dice: random.Random) -> None:
    for _ in range(25):
        of = task_run.c.flow_run_id == dice.choice(flow_runs)
        match dice.randrange(6):
            case 0 | 1:
                flow_run_id = dice.choice([None, *flow_runs])
                await make.task_run(flow_run_id=flow_run_id, dynamic_key=str(dice.random()), state=dice.choice(TYPES))
            case 2:
                await _write(make.db, [sa.update(task_run).where(of).values(state_type=dice.choice(TYPES))])
            case 3:
                await _write(make.db, [sa.update(task_run).where(of).values(name="same type")])
            case 4:
                await _write(make.db, [sa.delete(task_run).where(of, task_run.c.state_type == dice.choice(TYPES[1:]))])
            case 5:
                chosen = flow_run.c.id == dice.choice(flow_runs[:6])
                await _write(make.db, [sa.update(flow_run).where(chosen).values(state_type=dice.choice(TYPES))])


async def _write(db: Database, statements: list[Any]) -> None:
    async with db.write() as tx:
        await tx.lock("one after the other")  # the work itself may well deadlock; the figures must not be why
        for statement in statements:
            await tx.execute(statement)


async def test_folding_keeps_the_figures(db: Database, make: Make, dialect: str) -> None:
    """On PostgreSQL differences are folded now and then: after so many statements it has happened for certain."""
    run = await make.task_run(state="PENDING")

    async def change(tx: Transaction, state_type: str) -> None:
        await tx.execute(sa.update(task_run).where(task_run.c.id == run).values(state_type=state_type))

    async with db.write() as tx:
        for _ in range(1000):
            await change(tx, "RUNNING")
            await change(tx, "PENDING")
    assert await figures(db, task_run_tally) == {"PENDING": 1}
    rows = await db.read.scalar(sa.select(sa.func.count()).select_from(task_run_tally.figures))
    assert rows < (3 if dialect == "sqlite" else 4000)


async def test_mending(db: Database, make: Make) -> None:
    await make.task_run(state="COMPLETED")
    async with db.write() as tx:
        assert await task_run_tally.mend(tx) == {}
        await tx.execute(sa.update(task_run_tally.figures).values(count=7))
    async with db.write() as tx:
        assert await task_run_tally.mend(tx) == {"COMPLETED": (7, 1)}
    assert await figures(db, task_run_tally) == {"COMPLETED": 1}
