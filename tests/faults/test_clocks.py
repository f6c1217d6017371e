"""A server process whose machine's clock is set, or wrong."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from lictor.db.clock import MEASURE_SECONDS
from tests.faults.world import SOAK, Place, running

HOUR = 3600

SET_CLOCK = """
import pathlib, time
_right, _ahead = time.time, pathlib.Path(__file__).with_name("ahead")
time.time = lambda: _right() + float(_ahead.read_text())
"""
"""Python runs a module of the name `sitecustomize` before anything else."""


def set_clock(folder: Path, seconds: float) -> None:
    new = folder / "new"
    new.write_text(str(seconds))
    new.rename(folder / "ahead")


def wrong_clock(folder: Path) -> dict[str, str]:
    """The environment of a process whose clock `set_clock` sets."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SET_CLOCK)
    set_clock(folder, 0)
    return {"PYTHONPATH": str(folder)}


async def test_the_clock_of_a_server_is_set(database_url, dialect, tmp_path):
    """Of one of two servers on PostgreSQL, of the only one on SQLite."""
    if SOAK == 1:
        pytest.skip("takes a minute: make soak")
    folder = tmp_path / "clock"
    services = {
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "1",
    }
    wrong = Place(tmp_path, database_url, **services, **wrong_clock(folder))
    places = [wrong] if dialect == "sqlite" else [wrong, Place(tmp_path, database_url, **services)]
    with running(*places):
        async with httpx.AsyncClient(base_url=places[-1].api, timeout=30) as api:
            flow = (await api.post("/flows/", json={"name": "f"})).json()["id"]
            schedule = {"schedule": {"interval": 120, "anchor_date": "2026-01-01T00:00:00Z"}, "active": True}
            body = {"name": "d", "flow_id": flow, "schedules": [schedule]}
            deployment = (await api.post("/deployments/", json=body)).json()["id"]
            soon = (datetime.now(UTC) + timedelta(minutes=20)).isoformat()
            waiting = {"type": "SCHEDULED", "state_details": {"scheduled_time": soon}}
            run = (await api.post("/flow_runs/", json={"flow_id": flow, "state": waiting})).json()["id"]
            await api.post("/v2/concurrency_limits/", json={"name": "held", "limit": 1})
            taken = {"slots": 1, "names": ["held"], "lease_duration": 300}
            assert (await api.post("/v2/concurrency_limits/increment-with-lease", json=taken)).status_code == 200
            for seconds in (HOUR, 0, -HOUR, 0):
                set_clock(folder, seconds)
                await asyncio.sleep(MEASURE_SECONDS + 4)
                assert (await api.get("/v2/concurrency_limits/held")).json()["active_slots"] == 1
                assert (await api.get(f"/flow_runs/{run}")).json()["state_name"] == "Scheduled"
                of_deployment = {"deployments": {"id": {"any_": [deployment]}}}
                runs = (await api.post("/flow_runs/filter", json=of_deployment)).json()
                due = [each["expected_start_time"] for each in runs]
                assert len(due) == len(set(due)) >= 3
                if dialect == "postgresql":
                    assert {each["state_name"] for each in runs} <= {"Scheduled", "Late"}
                    assert min(due) > (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
                    assert max(due) < (datetime.now(UTC) + timedelta(minutes=75)).strftime("%Y-%m-%dT%H:%M:%S")
