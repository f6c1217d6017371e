"""The websocket on which logs go out."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.app import create_app
from lictor.db import change_stream
from lictor.query.matching import matches
from lictor.resources.logs import queries
from lictor.resources.logs.filters import LogFilter
from lictor.resources.logs.rows import StoredLog
from tests.events.listener import following, is_silent, next_ones
from tests.make import NOON
from tests.serving import port_of

RUN, OTHER = str(uuid4()), str(uuid4())


@pytest.fixture
async def port(settings):
    async with port_of(create_app(settings)) as port:
        yield port


def entry(message="x", **values):
    now = datetime.now(UTC).isoformat()
    return {"name": "prefect", "level": 20, "message": message, "timestamp": now, "flow_run_id": RUN} | values


async def write(port, *logs):
    async with httpx.AsyncClient() as client:
        reply = await client.post(f"http://127.0.0.1:{port}/api/logs/", json=list(logs))
        assert reply.status_code == 201, reply.text


async def test_new_logs_come_as_they_are_kept(port):
    await write(port, entry("before"))
    asked = {"level": {"ge_": 20}, "flow_run_id": {"any_": [RUN]}}
    async with following(port, "/logs/out", asked) as socket:
        await asyncio.sleep(0.3)
        await write(port, entry("one"), entry("debug", level=10), entry("other", flow_run_id=OTHER), entry("two"))
        found = await next_ones(socket, "log", 2)
        assert [log["message"] for log in found] == ["one", "two"]
        assert await is_silent(socket)
    async with httpx.AsyncClient() as client:
        kept = (await client.post(f"http://127.0.0.1:{port}/api/logs/filter", json={"logs": asked})).json()
    assert found == kept[1:]


async def test_who_is_slow_misses_no_logs(port, monkeypatch):
    monkeypatch.setattr(change_stream, "MAX_WAITING_ROWS", 10)
    async with following(port, "/logs/out", {}) as socket:
        await asyncio.sleep(0.3)
        for number in range(6):
            await write(port, *(entry(f"{number}-{each} " + "y" * 20_000) for each in range(50)))
        await asyncio.sleep(0.5)
        found = [log["message"].split()[0] for log in await next_ones(socket, "log", 300)]
        assert sorted(found) == sorted(f"{number}-{each}" for number in range(6) for each in range(50))
        assert await is_silent(socket)


hours = st.integers(-2, 2).map(lambda hour: (NOON + timedelta(hours=hour)).isoformat())
runs = st.sampled_from([RUN, OTHER])
criteria = {
    "level": st.fixed_dictionaries({}, optional={"ge_": st.integers(0, 50), "le_": st.integers(0, 50)}),
    "timestamp": st.fixed_dictionaries({}, optional={"before_": hours, "after_": hours}),
    "flow_run_id": st.fixed_dictionaries({}, optional={"any_": st.lists(runs, max_size=2)}),
    "task_run_id": st.fixed_dictionaries({}, optional={"any_": st.lists(runs, max_size=2), "is_null_": st.booleans()}),
    "text": st.fixed_dictionaries({"query": st.sampled_from(["x", "-x", "+X y", '"x y"', "", "prefect"])}),
    "operator": st.sampled_from(["and_", "or_"]),
}
filters = st.recursive(
    st.fixed_dictionaries({}, optional=criteria),
    lambda inner: st.fixed_dictionaries(
        {}, optional=criteria | dict.fromkeys(("all_of", "any_of", "none_of"), st.lists(inner, max_size=2))
    ),
    max_leaves=4,
)
entries = st.builds(
    entry,
    st.sampled_from(["x", "y", "x y", "Xy"]),
    level=st.integers(0, 50),
    timestamp=hours,
    flow_run_id=st.none() | runs,
    task_run_id=st.none() | runs,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(entries, min_size=1, max_size=5), st.lists(filters, min_size=5, max_size=15))
async def test_database_and_memory_agree(api, db, logs, asked):
    assert (await api.post("/logs/", json=logs)).status_code == 201
    everything = datetime(2020, 1, 1, tzinfo=UTC)
    stored = [StoredLog.of(row) for row in await db.read.all(queries.log_page(LogFilter(), everything, None, 10_000))]
    for each in asked:
        wanted = LogFilter.model_validate(each)
        found = {row.id for row in await db.read.all(queries.log_page(wanted, everything, None, 10_000))}
        assert found == {log.id for log in stored if matches(wanted, log)}, each
