"""The list of the names of task runs has those that there are, and finds what looking at each task run would."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lictor.db.compiled_query import BoundQuery
from lictor.db.derived_table import Repair
from lictor.db.distinct_values import MAX_MATCHING_VALUES
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import TASK_RUN, task_run_page
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.task_runs.table import task_run, task_run_names
from tests.make import Make


async def kept(db: Database) -> set[str]:
    return {name for (name,) in await db.read.all(task_run_names.stored())}


async def listed(db: Database) -> list[str]:
    """With those that are there twice."""
    return sorted([name for (name,) in await db.read.all(sa.select(task_run_names.value))])


def page_of(text: str, limit: int, offset: int = 0) -> BoundQuery:
    asked = {"task_runs": TaskRunFilter.model_validate({"name": {"like_": text}})}
    return task_run_page(TASK_RUN, asked, TaskRunSort.ID_DESC, limit=limit, offset=offset)


async def ids(db: Database, statement: Any) -> list[Any]:
    return [row[0] for row in await db.read.all(statement)]


async def test_names_are_listed_once_and_stay(db: Database, make: Make) -> None:
    for name in ("extract", "extract", "load"):
        await make.task_run(name=name)
    assert await listed(db) == ["extract", "load"]
    async with db.write() as tx:
        await tx.execute(sa.update(task_run).where(task_run.c.name == "load").values(name="send", state_name="Late"))
        await tx.execute(sa.update(task_run).values(state_name="Running"))
        await tx.execute(sa.delete(task_run).where(task_run.c.name == "extract"))
    assert await listed(db) == ["extract", "load", "send"]


@pytest.mark.parametrize("seed", range(2))
async def test_random_work_by_many_hands(db: Database, make: Make, seed: int) -> None:
    await asyncio.gather(*(_work(make, random.Random(seed * 100 + hand)) for hand in range(4)))
    names = set(await ids(db, task_run_names.expected()))
    assert names
    assert names <= await kept(db)
    async with db.write() as tx:
        repair = await task_run_names.repair(tx)
    assert repair.missing == 0
    assert await listed(db) == sorted(names)


async def _work(make: Make, dice: random.Random) -> None:
    for _ in range(25):
        some = task_run.c.dynamic_key.like(f"{dice.randrange(10)}%")
        match dice.randrange(4):
            case 0 | 1:
                await make.task_run(name=f"task-{dice.randrange(30)}", dynamic_key=str(dice.randrange(10**9)))
            case 2:
                await make.change(sa.update(task_run).where(some).values(name=f"task-{dice.randrange(60)}"))
            case 3:
                await make.change(sa.delete(task_run).where(some))


@pytest.mark.parametrize("names", [3, MAX_MATCHING_VALUES, MAX_MATCHING_VALUES + 1])
async def test_pages_of_a_part_of_a_name(db: Database, make: Make, names: int) -> None:
    """Of few names and of many, the newest first, as a walk through all task runs would give them."""
    dice = random.Random(names)
    numbers = [*range(names), *(dice.randrange(names) for _ in range(60))]
    dice.shuffle(numbers)
    for number in numbers:
        await make.task_run(name=f"Extract-{number}")
        if number % 3 == 0:
            await make.task_run(name=f"load-{number}")
    for text in ("extract", "tract-1", "-1_", "%2", "nothing", "_", "ct-2%"):
        for limit, offset in ((200, 0), (7, 0), (7, 20), (0, 0), (5, 900)):
            expected = (
                sa.select(task_run.c.id)
                .where(task_run.c.name.ilike(f"%{text}%"))
                .order_by(task_run.c.id.desc())
                .limit(limit)
                .offset(offset)
            )
            assert await ids(db, page_of(text, limit, offset)) == await ids(db, expected)


async def test_check_mends_the_list(db: Database, make: Make) -> None:
    await make.task_run(name="extract")
    async with db.write() as tx:
        assert await task_run_names.repair(tx) == Repair()
        await tx.execute(sa.delete(task_run_names.table))
        await tx.execute(sa.insert(task_run_names.table), [{"name": "gone"}, {"name": "long gone"}])
    async with db.write() as tx:
        repair = await task_run_names.repair(tx)
    assert (repair.missing, repair.surplus) == (1, 2)
    assert await listed(db) == ["extract"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_writers_of_the_same_name_do_not_wait_for_each_other(db: Database) -> None:
    """Each of two transactions adds the name; a page shows each task run once all the same."""
    async with db.write() as one:
        await one.execute(_insertion("a"))
        async with asyncio.timeout(10), db.write() as other:
            await other.execute(_insertion("b"))
    assert await listed(db) == ["extract", "extract"]
    found = await ids(db, page_of("extract", 10))
    assert len(found) == len(set(found)) == 2
    async with db.write() as tx:
        assert await task_run_names.repair(tx) == Repair()
    assert await listed(db) == ["extract"]


def _insertion(dynamic_key: str) -> sa.Insert:
    always = {"name": "extract", "task_key": "extract", "empirical_policy": "{}", "task_inputs": "{}", "tags": []}
    return sa.insert(task_run).values(id=uuid7(), dynamic_key=dynamic_key, total_run_time=timedelta(0), **always)
