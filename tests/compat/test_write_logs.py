"""Logs, written to both servers alike."""

import asyncio
from typing import Any

from .asking import Pair
from .databases import Databases
from .scenario import Scenario

RUN = "6f1c7a52-3a55-4cf5-9df1-0f5d2a0d4f10"
OTHER = "6f1c7a52-3a55-4cf5-9df1-0f5d2a0d4f11"
TASK = "6f1c7a52-3a55-4cf5-9df1-0f5d2a0d4f12"


def entry(second: int, text: str, **values: Any) -> dict[str, Any]:
    timestamp = f"2026-06-01T12:00:{second:02}.5Z"
    return {"name": "prefect.flow_runs", "level": 20, "message": text, "timestamp": timestamp} | values


async def test_logs(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/logs/", [])
    await s.post(
        "/logs/",
        [
            entry(1, "started", flow_run_id=RUN),
            entry(2, "Lost connection -to db", flow_run_id=RUN, task_run_id=TASK, level=40, name="prefect.task_runs"),
            entry(3, 'ÜBER 100% "under_score" back\\slash', flow_run_id=RUN, level=10, name="My.Logger"),
            entry(4, "", flow_run_id=OTHER, level=-3, name=""),
            entry(5, "line\nbreak\ttab\r", flow_run_id=None, task_run_id=None, level=50),
            entry(6, "with \0 a NUL\0", name="na\0me", flow_run_id=OTHER),
        ],
    )
    ours = {"any_": [RUN, OTHER]}
    everything = {"flow_run_id": ours}
    for asked in (
        everything,
        {"flow_run_id": {"any_": []}},
        {"flow_run_id": {"any_": [RUN]}, "level": {"ge_": 20}},
        {"flow_run_id": ours, "level": {"ge_": 11, "le_": 39}},
        {"flow_run_id": ours, "level": {}},
        {"flow_run_id": ours, "timestamp": {"after_": "2026-06-01T12:00:02.5Z", "before_": "2026-06-01T12:00:04.5Z"}},
        {"flow_run_id": ours, "task_run_id": {"is_null_": True}},
        {"flow_run_id": ours, "task_run_id": {"is_null_": False}},
        {"task_run_id": {"any_": [TASK]}},
        {"operator": "or_", "task_run_id": {"any_": [TASK]}, "flow_run_id": {"any_": [OTHER]}},
    ):
        await s.post("/logs/filter", {"logs": asked})
        await s.post("/logs/filter", {"logs": asked, "sort": "TIMESTAMP_DESC", "limit": 2, "offset": 1})
    s.end()


SEARCHES = (
    "started",
    "STARTED lost",
    "+lost +connection",
    "+lost +started",
    "prefect -lost",
    "!lost prefect",
    "--to",
    '"connection -to"',
    '"to db prefect"',
    '-"lost connection" prefect',
    '"\\"under_score\\""',
    "back\\slash",
    '"back\\\\slash"',
    "100% lo%t",
    "under_score underscore",
    "über",
    "ÜBER",
    "my.logger",
    "",
    "   ",
    "- + !",
    '"unclosed phrase',
    '"started',
    'lost"started"',
    '-"" ""',
    "a" * 200,
    "nul",
)


async def test_text_search(writers: Pair, databases: Databases) -> None:
    s = Scenario(writers)
    ascii_alone = (200, "only ASCII is found in either case") if databases.kind == "sqlite" else None
    run = "6f1c7a52-3a55-4cf5-9df1-0f5d2a0d4f20"
    await s.post(
        "/logs/",
        [
            entry(1, "started", flow_run_id=run),
            entry(2, "Lost connection -to db", flow_run_id=run, level=40, name="prefect.task_runs"),
            entry(3, 'ÜBER 100% "under_score" back\\slash', flow_run_id=run, name="My.Logger"),
        ],
    )
    for query in SEARCHES:
        asked = {"flow_run_id": {"any_": [run]}, "text": {"query": query}}
        await s.post("/logs/filter", {"logs": asked}, unlike=ascii_alone if query == "ÜBER" else None)
    for text in ({}, {"query": None}, {"query": 5}, {"query": "x" * 201}, {"query": "x", "any_": ["x"]}, "x"):
        await s.post("/logs/filter", {"logs": {"text": text}})
    parts = {"operator": "or_", "level": {"ge_": 40}, "flow_run_id": {"any_": []}}
    await s.post("/logs/filter", {"logs": {**parts, "text": {"query": "started"}}})
    await s.post(
        "/logs/filter",
        {"logs": {**parts, "text": {"query": "started -st"}}},
        unlike=(200, "the parts of a search are joined by the filter's operator, one by one"),
    )
    s.end()


NOT_QUITE_RIGHT = (
    entry(1, "x", level="20"),
    entry(1, "x", level=20.0),
    entry(1, "x", level=20.5),
    entry(1, "x", level=None),
    entry(1, "x", name=None),
    entry(1, "x", name=5),
    entry(1, "x", message=None),
    entry(1, "x", timestamp=None),
    entry(1, "x", timestamp=1_700_000_000),
    entry(1, "x", timestamp="2026-06-01T12:00:00"),
    entry(1, "x", flow_run_id="x"),
    entry(1, "x", worker_id=None),
    entry(1, "x", id=RUN),
    {"message": "x"},
    {},
    None,
    [],
    "x",
)


async def test_logs_that_are_not_quite_right(writers: Pair) -> None:
    s = Scenario(writers)
    for log in NOT_QUITE_RIGHT:
        await s.post("/logs/", [log])
    s.end()


async def test_bodies_that_hold_no_logs(writers: Pair) -> None:
    s = Scenario(writers)
    for body in ({}, entry(1, "x"), "x", 5, None):
        await s.post("/logs/", body)
    for body in (None, {}, {"logs": None}, {"sort": None}):
        await s.post("/logs/filter", body and {**body, "limit": 0})
    for body in (
        {"sort": "LEVEL_ASC"},
        {"limit": 201},
        {"limit": -1},
        {"offset": -1},
        {"logs": {"x": 1}},
        {"logs": []},
    ):
        await s.post("/logs/filter", body)
    s.end()


async def test_levels_beyond_small_integers(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/logs/", [entry(1, "x", level=2**31)], unlike=(422, "an integer column has no room for it"))
    await s.post("/logs/filter", {"logs": {"level": {"ge_": 2**31}}}, unlike=(422, "the same"))
    await s.post("/logs/", [entry(1, "x\ud800")], unlike=(201, "of a text half a pair is replaced"))
    s.end()


async def gone(writers: Pair, run: str) -> None:
    """Prefect deletes a run's logs some time after the run."""
    for _ in range(100):
        logs = await writers.oracle.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [run]}}})
        if logs.json() == []:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


async def test_download(writers: Pair) -> None:
    s = Scenario(writers)
    await s.post("/flows/", {"name": "of logs"}, saved="flow")
    await s.post("/flow_runs/", {"name": "a 'ü' / b", "flow_id": "{flow}"}, saved="run")
    await s.get("/flow_runs/{run}/logs/download")
    logs = [
        entry(3, 'say "no", or\nnot', flow_run_id="{run}", level=40),
        entry(1, "first", flow_run_id="{run}", task_run_id=TASK),
        entry(2, "whole", flow_run_id="{run}", timestamp="2026-06-01T14:00:02+02:00"),
    ]
    await s.post("/logs/", logs)
    await s.get("/flow_runs/{run}/logs/download")
    run, its_twin = s.names["run"]
    theirs = await writers.oracle.get(f"/flow_runs/{run}/logs/download")
    mine = await writers.subject.get(f"/flow_runs/{its_twin}/logs/download")
    for header in ("content-type", "content-disposition"):
        assert theirs.headers[header] == mine.headers[header]
    await s.delete("/flow_runs/{run}")
    await s.get("/flow_runs/{run}/logs/download")
    await gone(writers, run)
    await s.post("/logs/filter", {"logs": {"flow_run_id": {"any_": ["{run}"]}}})
    await s.get("/flow_runs/x/logs/download")
    s.end()
