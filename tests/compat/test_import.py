"""Imports from databases that the real Prefect made."""

import asyncio
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from cryptography.fernet import Fernet

from lictor.settings import DatabaseSettings
from lictor.transfer.opening import import_history
from lictor.transfer.report import Report
from lictor.transfer.revisions import KNOWN
from tests.transfer.prefect import Prefect
from tests.transfer.watchers import Silent

from . import servers
from .conftest import History
from .databases import Databases

UPGRADER = """
import sys
from functools import partial
import anyio
from prefect.server.database.alembic_commands import alembic_upgrade
async def upgrade():
    for revision in sys.stdin:
        await anyio.to_thread.run_sync(partial(alembic_upgrade, revision=revision.strip()))
        print(flush=True)
anyio.run(upgrade)
"""


@contextmanager
def upgrader(database: str, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Prefect's own migrations of a database: takes revisions, one a line, and answers each with a line."""
    command = [servers.PREFECT_PYTHON, "-c", UPGRADER]
    environment = servers.prefect_environment(home, database)
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def test_every_known_version(databases: Databases, tmp_path: Path) -> None:
    """Rows that were there in the oldest version come over from it and from every later one."""
    url = databases.create("versions")
    prefect = Prefect(databases.kind, url)
    with upgrader(url, tmp_path) as process:
        assert process.stdin
        assert process.stdout
        with closing(process.stdin):
            for number, revision in enumerate(KNOWN[databases.kind]):
                print(revision, file=process.stdin, flush=True)
                assert process.stdout.readline() == "\n", f"Prefect did not upgrade to {revision}"
                if number == 0:
                    asyncio.run(fill(prefect))
                target = databases.create(f"of_version_{number}")
                report = asyncio.run(import_history(url, DatabaseSettings(connection_url=target), Silent()))
                assert_all_came_over(report)
    assert process.returncode == 0


async def fill(prefect: Prefect) -> None:
    flow_id = await prefect.add("flow", name="f")
    parent = await prefect.run("flow", flow_id=flow_id)
    task = await prefect.run("task", flow_run_id=parent, details={"retriable": True})
    await prefect.run("flow", flow_id=flow_id, parent_task_run_id=task)
    pool = await prefect.add("work_pool", name="pool", storage_configuration=None)
    await prefect.add("work_queue", name="default", work_pool_id=pool)
    await prefect.add("concurrency_limit", tag="db", concurrency_limit=2)
    deployed = await prefect.add("deployment", name="d", flow_id=flow_id)
    await prefect.add("deployment_schedule", deployment_id=deployed, schedule={"interval": 60.0}, parameters=None)
    await prefect.add("log", flow_run_id=parent, task_run_id=task)
    resource = {"prefect.resource.id": f"prefect.flow-run.{parent}"}
    await prefect.add("events", resource_id=resource["prefect.resource.id"], resource=resource, payload={"n": 1})
    artifact = {"key": "report", "type": "table", "data": [{"a": 1}], "metadata_": {"n": "1"}, "flow_run_id": parent}
    latest = await prefect.add("artifact", **artifact)
    await prefect.add("artifact_collection", latest_id=latest, **artifact)
    await prefect.add("variable", name="region", value={"eu": [1, None]}, tags=["x"])
    search = {"object": "flow", "property": "name", "type": "string", "operation": "equals", "value": "x"}
    await prefect.add("saved_search", name="mine", filters=[search])
    block_type = await prefect.add("block_type", name="Account", slug="account")
    schema = await prefect.add("block_schema", checksum="sha256:x", block_type_id=block_type)
    await prefect.add("block_schema_reference", **parent_and_reference("block_schema", schema, schema))
    of_type = {"block_type_id": block_type, "block_schema_id": schema}
    documents = [await prefect.add("block_document", name=name, data=SEALED, **of_type) for name in "ab"]
    await prefect.add("block_document_reference", **parent_and_reference("block_document", *documents))
    await prefect.add("configuration", key="ENCRYPTION_KEY", value={"fernet_key": KEY})
    trigger = {"id": str(uuid4())} | COUNTING
    automation = await prefect.add("automation", trigger=trigger, tags=None)
    of_automation = {"automation_id": automation}
    await prefect.add("automation_bucket", trigger_id=UUID(trigger["id"]), **of_automation)
    related = {"resource_id": "mine", "automation_owned_by_resource": True}
    await prefect.add("automation_related_resource", **of_automation, **related)


TRIGGERS_AT_WORK = {
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "true",
}
COUNTING = {"type": "event", "posture": "Reactive", "expect": ["x"], "threshold": 3, "within": 3600}
SEQUENCE = {
    "type": "sequence",
    "within": None,
    "triggers": [{"type": "event", "posture": "Reactive", "expect": [name]} for name in ("first", "second")],
}


def test_an_automation_goes_on_counting(databases: Databases, tmp_path: Path) -> None:
    """Two of three events in Prefect, and the first of two in their order; the last ones in Lictor."""
    source, target = databases.create("counting"), databases.create("counts_on")
    with (
        servers.prefect_server(source, tmp_path / "prefect", TRIGGERS_AT_WORK) as oracle,
        httpx.Client(base_url=oracle.url, timeout=60) as client,
    ):
        ids = [_automation(client, trigger) for trigger in (COUNTING, SEQUENCE)]
        sent = [_send(client, name) for name in ("x", "x", "first")]
        _wait_until_counted(source, tmp_path)
    servers.import_history(source, target, tmp_path / "import")
    with (
        servers.lictor_server(target, tmp_path / "lictor") as lictor,
        httpx.Client(base_url=lictor.url, timeout=60) as client,
    ):
        sent += [_send(client, name) for name in ("x", "second")]
        counted, in_order = (_only_firing(client, id) for id in ids)
    assert [event["id"] for event in counted["events"]] == [sent[3]]
    assert {event["id"] for event in in_order["events"]} == {sent[2], sent[4]}


def _automation(client: httpx.Client, trigger: dict[str, Any]) -> str:
    body = {"name": "a", "trigger": trigger, "actions": [{"type": "do-nothing"}]}
    id: str = client.post("/automations/", json=body).raise_for_status().json()["id"]
    return id


def _send(client: httpx.Client, name: str) -> str:
    id = str(uuid4())
    now = datetime.now(UTC).isoformat()
    event = {"id": id, "occurred": now, "event": name, "resource": {"prefect.resource.id": "r"}}
    client.post("/events", json=[event]).raise_for_status()
    return id


def _wait_until_counted(source: str, home: Path) -> None:
    """Prefect evaluates events some time after it has taken them."""
    for number in range(60):
        target = f"sqlite+aiosqlite:///{home}/look-{number}.db"
        asyncio.run(import_history(source, DatabaseSettings(connection_url=target), Silent()))
        with closing(sqlite3.connect(home / f"look-{number}.db")) as connection:
            (counted,) = connection.execute("SELECT COALESCE(SUM(count), 0) FROM trigger_bucket").fetchone()
            (parts,) = connection.execute("SELECT COUNT(*) FROM trigger_part").fetchone()
        if (counted, parts) == (2, 1):
            return
        time.sleep(0.5)
    raise TimeoutError("Prefect did not count the events")


def _only_firing(client: httpx.Client, automation_id: str) -> Any:
    for _ in range(150):
        if found := client.get(f"/automations/{automation_id}/firings").raise_for_status().json():
            [firing] = found
            return firing
        time.sleep(0.2)
    raise TimeoutError("the automation did not fire")


SECONDLY = {"interval": 2, "anchor_date": "2026-01-01T00:00:00Z", "timezone": "America/New_York"}
MINUTELY = {"cron": "* * * * *", "timezone": "Asia/Kolkata"}
DAILY = {"rrule": "FREQ=DAILY;BYHOUR=3", "timezone": "Europe/Paris"}
SCHEDULES: dict[str, tuple[dict[str, Any], float]] = {
    "secondly": (SECONDLY, 2),
    "minutely": (MINUTELY, 60),
    "daily": (DAILY, 86400),
}
FEW_AHEAD = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT4S",
}


def test_schedules_run_on_across_the_move(databases: Databases, tmp_path: Path) -> None:
    """Prefect has made some runs, of which one is over, one runs and one waits for a slot. None is doubled or missed.

    The runs every other second that it has made are all overdue when Lictor starts, those of each minute are not.
    """
    source, target = databases.create("scheduled"), databases.create("scheduled_on")
    with (
        servers.prefect_server(source, tmp_path / "prefect", FEW_AHEAD) as oracle,
        httpx.Client(base_url=oracle.url, timeout=60) as client,
    ):
        flow_id = client.post("/flows/", json={"name": "f"}).json()["id"]
        ids = {name: _deployed(client, flow_id, name, schedule) for name, (schedule, _) in SCHEDULES.items()}
        made = _wait_for_runs(client, ids, 4)
        over, runs, waits = made["secondly"][:3]
        for run, states in ((over, ("PENDING", "RUNNING", "COMPLETED")), (runs, ("PENDING", "RUNNING"))):
            for state in states:
                forced = {"state": {"type": state}, "force": True}
                client.post(f"/flow_runs/{run['id']}/set_state", json=forced).raise_for_status()
        later = {"scheduled_time": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
        waiting = {"type": "SCHEDULED", "name": "AwaitingConcurrencySlot", "state_details": later}
        body = {"state": waiting, "force": True}
        client.post(f"/flow_runs/{waits['id']}/set_state", json=body).raise_for_status()
    servers.import_history(source, target, tmp_path / "import")
    time.sleep(2)
    began = datetime.now(UTC)
    with (
        servers.lictor_server(target, tmp_path / "lictor") as lictor,
        httpx.Client(base_url=lictor.url, timeout=60) as client,
    ):
        found = _wait_for_runs(client, ids, 3, began)
        for name, (_, step) in SCHEDULES.items():
            times = [datetime.fromisoformat(run["expected_start_time"]) for run in found[name]]
            steps = [(after - before).total_seconds() for before, after in pairwise(times)]
            assert all(abs(each - step) <= (3600 if name == "daily" else 0) for each in steps), (name, times)
            assert {run["id"] for run in made[name]} <= {run["id"] for run in found[name]}, name
        kept = {run["id"]: run["state_name"] for run in found["secondly"]}
        assert (kept[over["id"]], kept[runs["id"]]) == ("Completed", "Running")
        assert kept[waits["id"]] == "AwaitingConcurrencySlot"


def _deployed(client: httpx.Client, flow_id: str, name: str, schedule: dict[str, Any]) -> str:
    body = {"name": name, "flow_id": flow_id, "schedules": [{"schedule": schedule}], "enforce_parameter_schema": False}
    id: str = client.post("/deployments/", json=body).raise_for_status().json()["id"]
    return id


def _wait_for_runs(
    client: httpx.Client, ids: dict[str, str], number: int, after: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The runs of each deployment by time, once each has so many that are due after a moment."""
    for _ in range(600):
        found = {name: _runs_of(client, id) for name, id in ids.items()}
        for name, runs in found.items():
            times = [datetime.fromisoformat(run["expected_start_time"]) for run in runs]
            if sum(after is None or each > after for each in times) < (3 if name == "daily" else number):
                break
        else:
            return found
        time.sleep(0.2)
    raise TimeoutError("the runs were not made")


def _runs_of(client: httpx.Client, deployment_id: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    while True:
        body = {"deployments": {"id": {"any_": [deployment_id]}}, "offset": len(runs), "sort": "ID_DESC"}
        page = client.post("/flow_runs/filter", json=body).raise_for_status().json()
        runs += page
        if len(page) < 200:
            return sorted(runs, key=lambda run: datetime.fromisoformat(run["expected_start_time"]))


KEY = Fernet.generate_key().decode()
SEALED = Fernet(KEY).encrypt(b'{"password": "hush"}').decode()


def parent_and_reference(kind: str, parent: UUID, reference: UUID) -> dict[str, Any]:
    return {"name": "it", f"parent_{kind}_id": parent, f"reference_{kind}_id": reference}


def assert_all_came_over(report: Report) -> None:
    assert report.complete
    for table in report.tables:
        assert not table.left_out, table
        assert not table.changed, table
        assert table.new == table.in_source, table
    assert report.of("flow_run").in_source == 2
    assert report.of("block_document").in_source == 2
    for name in ("log", "events", "artifact", "artifact_collection", "variable", "saved_search"):
        assert report.of(name).in_source == 1
    assert report.of("concurrency_limit").in_source + report.of("concurrency_limit_v2").in_source == 1


LISTS = {
    "flows": "/flows/filter",
    "flow_runs": "/flow_runs/filter",
    "task_runs": "/task_runs/filter",
    "deployments": "/deployments/filter",
    "logs": "/logs/filter",
    "artifacts": "/artifacts/filter",
    "latest artifacts": "/artifacts/latest/filter",
    "variables": "/variables/filter",
    "saved searches": "/saved_searches/filter",
}
ROLLING = {"estimated_run_time", "estimated_start_time_delta"}


def test_history_reads_the_same_from_the_other_kind_of_database(
    history: History,
    reading: tuple[servers.Server, servers.Server],
    other_databases: Databases,
    tmp_path: Path,
) -> None:
    target = other_databases.create("crossed")
    servers.import_history(history.url, target, tmp_path / "import")
    oracle, _ = reading
    with servers.lictor_server(target, tmp_path / "lictor", servers.AT_REST) as lictor:
        for name, path in LISTS.items():
            theirs, ours = everything(oracle, path), everything(lictor, path)
            assert theirs, f"the history has no {name}"
            assert ours.keys() == theirs.keys()
            for id, row in theirs.items():
                assert ours[id] == row, f"{name} {id}"
        for kind in ("flow_run", "task_run"):
            runs = list(everything(oracle, LISTS[f"{kind}s"]))[:50]
            for run in runs:
                assert states(lictor, kind, run) == states(oracle, kind, run)


def everything(server: servers.Server, path: str) -> dict[str, Any]:
    """All rows of a list by id, without what moves with the clock."""
    rows: dict[str, Any] = {}
    with httpx.Client(base_url=server.url, timeout=60) as client:
        while page := client.post(path, json={"offset": len(rows), "limit": 200}).raise_for_status().json():
            before = len(rows)
            rows |= {row["id"]: {name: row[name] for name in row.keys() - ROLLING} for row in page}
            assert len(rows) > before
    return rows


def states(server: servers.Server, kind: str, run: str) -> list[Any]:
    found = httpx.get(f"{server.url}/{kind}_states/", params={f"{kind}_id": run}, timeout=60).raise_for_status().json()
    return sorted(found, key=lambda state: state["id"])
