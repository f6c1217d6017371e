"""The figures by the minute are those that adding up would find, and answer what the rows would."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lictor.db.compiled_query import BoundQuery
from lictor.db.derived_table import Repair
from lictor.db.engine import Database, Transaction
from lictor.db.minute_rollup import MinuteRollup
from lictor.db.types import FIRST_MOMENT, LAST_MOMENT
from lictor.resources.runs.history import Intervals, history, history_objects
from lictor.resources.states.schemas import StateType
from lictor.resources.task_runs.dashboard import Window, dashboard_counts, ended
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.queries import ended_task_runs, task_run_history
from lictor.resources.task_runs.table import task_run, task_runs_expected, task_runs_started
from tests.make import NOON, Make

ROLLUPS = (task_runs_expected, task_runs_started)
TYPES = [None, *(state_type.value for state_type in StateType)]
OTHER_FAMILIES = dict.fromkeys(("flows", "flow_runs", "deployments", "work_pools", "work_queues"))
LATER = NOON + timedelta(days=1)


async def kept(db: Database, rollup: MinuteRollup) -> set[tuple[Any, ...]]:
    return set(map(tuple, await db.read.all(rollup.stored())))


async def truth(db: Database, rollup: MinuteRollup) -> set[tuple[Any, ...]]:
    return set(map(tuple, await db.read.all(rollup.expected())))


async def test_figures(db: Database, make: Make) -> None:
    second, minute = timedelta(seconds=1), timedelta(minutes=1)
    for at, started, name in ((0, 7, "Completed"), (59, 60, "Completed"), (59, None, "Cached"), (61, 61, "Completed")):
        await make.task_run(
            state_type="COMPLETED",
            state_name=name,
            expected_start_time=NOON + at * second,
            start_time=None if started is None else NOON + started * second,
            total_run_time=2 * second,
        )
    await make.task_run(state="RUNNING", start_time=NOON)
    await make.task_run(state="FAILED", expected_start_time=None)
    assert await kept(db, task_runs_expected) == {
        (NOON, "COMPLETED", "Completed", 2, 4_000_000, 8_000_000),
        (NOON, "COMPLETED", "Cached", 1, 2_000_000, 0),
        (NOON + minute, "COMPLETED", "Completed", 1, 2_000_000, 0),
    }
    assert await kept(db, task_runs_started) == {(NOON, "COMPLETED", 1), (NOON + minute, "COMPLETED", 2)}
    async with db.write() as tx:
        await tx.execute(sa.delete(task_run).where(task_run.c.expected_start_time > NOON))
        await tx.execute(sa.update(task_run).values(state_type="CRASHED"))
    assert {figure[:4] for figure in await kept(db, task_runs_expected)} == {
        (NOON, "CRASHED", "Completed", 1),
        (NOON, "CRASHED", "Running", 1),
    }


@pytest.mark.parametrize("seed", range(3))
async def test_random_work_by_many_hands(db: Database, make: Make, seed: int) -> None:
    await asyncio.gather(*(_work(make, random.Random(seed * 100 + hand)) for hand in range(4)))
    for rollup in ROLLUPS:
        assert await kept(db, rollup) == await truth(db, rollup) != set()


async def _work(make: Make, dice: random.Random) -> None:
    for _ in range(25):
        some = task_run.c.dynamic_key.like(f"{dice.randrange(10)}%")
        match dice.randrange(6):
            case 0 | 1 | 2:
                await _make_run(make, dice)
            case 3:
                await make.change(sa.update(task_run).where(some).values(state_type=dice.choice(TYPES)))
            case 4:
                changes = {"state_name": dice.choice([None, "A", "B"]), "start_time": _moment(dice), "name": "changed"}
                changes["total_run_time"] = timedelta(seconds=dice.randrange(-5, 9))
                await make.change(sa.update(task_run).where(some).values(changes))
            case 5:
                await make.change(sa.delete(task_run).where(some, task_run.c.state_type == dice.choice(TYPES[1:])))


async def _make_run(make: Make, dice: random.Random) -> None:
    await make.task_run(
        dynamic_key=str(dice.randrange(10**9)),
        state_type=dice.choice(TYPES),
        state_name=dice.choice(["A", "B"]),
        state_timestamp=NOON,
        expected_start_time=_moment(dice),
        start_time=_moment(dice),
        total_run_time=timedelta(seconds=dice.randrange(-5, 9)),
    )


def _moment(dice: random.Random) -> datetime | None:
    """Often on the edge of a minute, and seldom far away."""
    second = dice.choice([0, 60, 120, 180, 240, 300, dice.uniform(0, 300)])
    near = NOON + timedelta(seconds=second, microseconds=dice.choice([-1, 0, 0, 1]))
    return dice.choice([near] * 20 + [None, FIRST_MOMENT, LAST_MOMENT, datetime(1969, 7, 20, tzinfo=NOON.tzinfo)])


@pytest.fixture
async def random_runs(db: Database, make: Make) -> Database:
    dice = random.Random(7)
    for _ in range(150):
        await _make_run(make, dice)
    return db


async def test_histories_are_those_of_the_rows(random_runs: Database) -> None:
    dice = random.Random(8)
    for number in range(40):
        start = NOON + timedelta(seconds=dice.choice([-120, 0, 60, 30, dice.uniform(-90, 90)]))
        width = dice.choice([1, 20, 60, 90, 120, dice.uniform(1, 200)])
        intervals = Intervals.between(start, start + timedelta(seconds=dice.uniform(0, 500)), width)
        if number % 10 == 0:
            intervals = Intervals.between(FIRST_MOMENT, LAST_MOMENT - timedelta(days=400 * 365), 20 * 365 * 86400)
        if intervals.count:
            asked = {"task_runs": TaskRunFilter() if number % 2 else None}
            known, added_up = [
                history_objects(intervals, await random_runs.read.all(statement))
                for statement in (
                    task_run_history(asked, intervals, LATER),
                    BoundQuery(history(task_run), intervals.values(LATER)),
                )
            ]
            assert _in_order(known) == _in_order(added_up)
            assert any(interval["states"] for interval in known) or number


def _in_order(intervals: list[dict[str, Any]]) -> list[Any]:
    return [(i["interval_start"], sorted(map(str, i["states"]))) for i in intervals]


async def test_the_dashboard_counts_what_the_rows_say(random_runs: Database) -> None:
    dice = random.Random(9)
    found = set()
    for _ in range(40):
        after = NOON + timedelta(seconds=dice.choice([-120, 0, 30, 60, dice.uniform(-90, 200)]))
        before = after + timedelta(seconds=dice.choice([0, 60, 300, dice.uniform(-200, 1000)]))
        asked = {"after_": after, **({"before_": before} if dice.random() < 0.8 else {})}
        known, counted = [
            await _dashboard(random_runs, TaskRunFilter.model_validate({"start_time": asked, **more}))
            for more in ({}, {"name": {"like_": "task_run"}})  # the one is known, the other holds for all
        ]
        assert known == counted
        found.add(str(known))
    assert len(found) > 10


async def _dashboard(db: Database, task_runs: TaskRunFilter) -> list[dict[str, int]]:
    window = Window.asked_by(task_runs, LATER)
    if not window.width:
        return []
    statement = ended_task_runs({**OTHER_FAMILIES, "task_runs": ended(task_runs)}, window)
    return dashboard_counts(await db.read.all(statement))


async def test_the_dashboard_asks_the_rows_what_the_figures_do_not_say(random_runs: Database) -> None:
    start_time = {"after_": NOON - timedelta(days=1), "before_": NOON + timedelta(days=1)}

    async def total(**asked: Any) -> int:
        counts = await _dashboard(random_runs, TaskRunFilter.model_validate({"start_time": start_time, **asked}))
        return sum(sum(interval.values()) for interval in counts)

    of_these = task_run.c.start_time.between(*start_time.values())
    count = sa.select(sa.func.count()).where(of_these)
    assert 0 < await total() < await random_runs.read.scalar(count)
    assert await total(operator="or_") == await random_runs.read.scalar(count)
    assert await total(none_of=[{"name": {"like_": "task_run"}}]) == 0
    assert await total(start_time={**start_time, "is_null_": True}) == 0


async def test_folding_keeps_the_figures(db: Database, make: Make, dialect: str) -> None:
    """On PostgreSQL differences are folded now and then: of thousands of them, few are left for certain."""
    run = await make.task_run(state="COMPLETED")

    async def change(tx: Transaction, state_type: str) -> None:
        await tx.execute(sa.update(task_run).where(task_run.c.id == run).values(state_type=state_type))

    async with db.write() as tx:
        for _ in range(1000):
            await change(tx, "FAILED")
            await change(tx, "COMPLETED")
    assert await kept(db, task_runs_expected) == {(NOON, "COMPLETED", "Completed", 1, 0, 0)}
    rows = await db.read.scalar(sa.select(sa.func.count()).select_from(task_runs_expected.table))
    assert rows < (2 if dialect == "sqlite" else 4000)


async def test_sums_without_bounds(db: Database, make: Make) -> None:
    """However much the runs of a minute add up to, no run is refused for it."""
    await make.task_runs(
        60,
        state="COMPLETED",
        expected_start_time=FIRST_MOMENT,
        start_time=LAST_MOMENT,
        total_run_time=timedelta(days=999_999),
    )
    assert await db.read.scalar(sa.select(sa.func.sum(task_runs_expected.table.c.count))) == 60


async def test_mending(db: Database, make: Make) -> None:
    await make.task_run(state="COMPLETED", start_time=NOON)
    async with db.write() as tx:
        for rollup in ROLLUPS:
            assert await rollup.repair(tx) == Repair()
            await tx.execute(sa.update(rollup.table).values(count=7))
    async with db.write() as tx:
        repairs = [await rollup.repair(tx) for rollup in ROLLUPS]
    assert [(repair.missing, repair.surplus) for repair in repairs] == [(1, 1), (1, 1)]
    for rollup in ROLLUPS:
        assert await kept(db, rollup) == await truth(db, rollup) != set()
