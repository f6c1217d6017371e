"""Many clients at once: transitions of one run follow each other, and none is lost."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest

from lictor.orchestration import engine
from tests.orchestration.driver import verdict

AT_ONCE = 12


async def test_no_state_is_lost(task):
    run = await task()
    results = await asyncio.gather(*(run.set("RUNNING") for _ in range(AT_ONCE)))
    states = await run.states()
    assert {state.id for state in states} >= {result.state.id for result in results}
    assert len(states) == AT_ONCE + 1
    row = await run.row()
    assert row.run_count == AT_ONCE
    assert row.state_id == states[-1].id
    running = [state.timestamp for state in states if state.type == "RUNNING"]
    assert row.total_run_time == running[-1] - running[0]


async def test_one_of_many_workers_gets_a_run(flow, task):
    flow_run, task_run = await flow(), await task()
    await flow_run.force("SCHEDULED")
    await task_run.force("SCHEDULED")
    for run, details in ((flow_run, {}), (task_run, {"deferred": True})):
        results = await asyncio.gather(*(run.set("PENDING", **details) for _ in range(AT_ONCE)))
        assert Counter(verdict(result)[0] for result in results) == {"ACCEPT": 1, "ABORT": AT_ONCE - 1}


async def test_a_retry_is_granted_once(task):
    run = await task(policy={"retries": 1})
    await run.set("RUNNING")
    results = await asyncio.gather(*(run.set("FAILED") for _ in range(2)))
    assert Counter(verdict(result)[0] for result in results) == {"REJECT": 1, "ACCEPT": 1}


async def test_subflows_and_their_parents_task_runs_do_not_block_each_other(flow, task):
    parent = await flow()
    await parent.set("RUNNING")
    stand_ins = [await task(flow_run_id=parent.id) for _ in range(4)]
    subs = [await flow(parent_task_run_id=stand_in.id) for stand_in in stand_ins]
    moves = [run.set("RUNNING") for run in (*subs, *stand_ins, parent) for _ in range(3)]
    assert {verdict(result)[0] for result in await asyncio.gather(*moves)} == {"ACCEPT"}
    for sub, stand_in in zip(subs, stand_ins, strict=True):
        assert len(await sub.states()) == 4
        assert len(await stand_in.states()) == 1 + 1 + 3 + 3  # made; with the subflow; by themselves


@pytest.mark.parametrize("kind", ["task", "flow"])
async def test_states_of_one_microsecond_follow_each_other(task, flow, kind, monkeypatch):
    run = await (task if kind == "task" else flow)()
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(engine, "utc_now", lambda: moment)
    for name in ("first", "second", "third"):
        assert (await run.set("RUNNING", name=name)).status_code == 201
    micros = [state.timestamp.microsecond for state in (await run.states())[1:]]
    assert micros == [0, 1, 2]
    row = await run.row()
    assert row.state_timestamp.microsecond == 2
    assert row.total_run_time.microseconds == 2
