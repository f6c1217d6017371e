"""How long `lictor import` takes, and how much memory: from a Prefect database on PostgreSQL into PostgreSQL.

    .venv/bin/python -m benchmarks.bench_import --task-runs 1000000

The source has the tables that the real Prefect makes, filled by SQL: task runs in flow runs of a hundred each, with two
states for every run. Its server writes as carefully as PostgreSQL does by default.
"""

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg

from tests import postgres

ROOT = Path(__file__).parents[1]
PREFECT = ROOT / ".venv-prefect" / "bin" / "prefect"
LICTOR = ROOT / ".venv" / "bin" / "lictor"

DETAILS = """
    jsonb_build_object(
        'flow_run_id', {flow_run}, 'task_run_id', {task_run}, 'child_flow_run_id', null, 'scheduled_time', null,
        'cache_key', null, 'cache_expiration', null, 'deferred', false, 'untrackable_result', false,
        'pause_timeout', null, 'pause_reschedule', false, 'pause_key', null, 'run_input_keyset', null,
        'refresh_cache', null, 'retriable', null, 'transition_id', gen_random_uuid(), 'task_parameters_id', null,
        'traceparent', null, 'deployment_concurrency_lease_id', null)
"""
POLICY = '{"retries": 2, "max_retries": 0, "retry_delay": 5, "retry_delay_seconds": 0.0, "retry_jitter_factor": null}'
START = "timestamptz '2026-01-01' + n * interval '1 second'"


def uuid(kind: int, number: str) -> str:
    """An id in time order, as the SDK makes them."""
    return (
        f"('0190{kind:04x}-' || lpad(to_hex({number} / 65536), 4, '0') || '-7' || lpad(to_hex({number} % 4096), 3, '0')"
        f" || '-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"
    )


def statements(task_runs: int) -> list[str]:
    flow_runs = max(task_runs // 100, 1)
    flow_run, task_run = uuid(2, "n"), uuid(3, "n")
    parent = uuid(2, f"(n % {flow_runs} + 1)")
    outcome = "(CASE WHEN n % 20 = 0 THEN 'FAILED' ELSE 'COMPLETED' END)"
    result = "jsonb_build_object('type', 'reference', 'storage_key', md5(n::text), 'prefect_version', '3.9.1')"
    states = """
        INSERT INTO {kind}_run_state (id, created, updated, type, timestamp, name, message, state_details, data, {kind}_run_id)
        SELECT {id}, {at}, {at}, {type}::state_type, {at}, initcap({type}), {message}, {details}, {data}, {run}
        FROM generate_series(1, {runs}) n
    """

    def both(kind: str, runs: int, numbers: tuple[int, int], run: str, details: str) -> list[str]:
        first = {"id": uuid(numbers[0], "n"), "at": START, "type": "'RUNNING'", "message": "''", "data": "NULL"}
        last = {
            "id": uuid(numbers[1], "n"),
            "at": f"{START} + interval '2 seconds'",
            "type": outcome,
            "message": "CASE WHEN n % 20 = 0 THEN 'Task run encountered an exception: ' || md5(n::text) END",
            "data": result,
        }
        return [states.format(kind=kind, runs=runs, run=run, details=details, **each) for each in (first, last)]

    return [
        "SET session_replication_role = replica",  # runs and states refer to each other
        f"INSERT INTO flow (id, name, tags) SELECT {uuid(1, 'n')}, 'flow-' || n, '[\"bench\"]' FROM generate_series(1, 50) n",
        f"""
        INSERT INTO flow_run (id, created, updated, name, flow_id, state_id, state_type, state_name, state_timestamp,
            run_count, expected_start_time, start_time, end_time, total_run_time, parameters, tags)
        SELECT {flow_run}, {START}, {START}, 'run-' || n, {uuid(1, "(n % 50 + 1)")}, {uuid(5, "n")}, {outcome}::state_type,
            initcap({outcome}), {START} + interval '2 seconds', 1, {START}, {START}, {START} + interval '2 seconds',
            interval '2 seconds', jsonb_build_object('n', n, 'name', md5(n::text)), '["nightly"]'
        FROM generate_series(1, {flow_runs}) n
        """,
        f"""
        INSERT INTO task_run (id, created, updated, name, flow_run_id, task_key, dynamic_key, state_id, state_type,
            state_name, state_timestamp, run_count, flow_run_run_count, expected_start_time, start_time, end_time,
            total_run_time, empirical_policy, task_inputs, tags, labels)
        SELECT {task_run}, {START}, {START}, 'task-' || n % 50 || '-' || substr(md5(n::text), 1, 3), {parent},
            'task-' || n % 50 || '-' || substr(md5((n % 50)::text), 1, 8), n::text, {uuid(7, "n")}, {outcome}::state_type,
            initcap({outcome}), {START} + interval '2 seconds', 1, 1, {START}, {START}, {START} + interval '2 seconds',
            interval '2 seconds', '{POLICY}',
            CASE WHEN n % 4 = 0 THEN jsonb_build_object('x', jsonb_build_array(jsonb_build_object(
                'input_type', 'task_run', 'id', {task_run}))) ELSE '{{"x": []}}' END,
            CASE WHEN n % 10 = 0 THEN jsonb_build_array('tag-' || n % 30, 'db') ELSE '[]' END, '{{}}'
        FROM generate_series(1, {task_runs}) n
        """,
        *both("flow", flow_runs, (4, 5), flow_run, DETAILS.format(flow_run=flow_run, task_run="null")),
        *both("task", task_runs, (6, 7), task_run, DETAILS.format(flow_run=parent, task_run=task_run)),
        "ANALYZE",
        "CHECKPOINT",
    ]


async def execute(url: str, *commands: str) -> None:
    connection = await asyncpg.connect(url)
    for command in commands:
        await connection.execute(command, timeout=1800)
    await connection.close()


def make_source(server: postgres.Server, task_runs: int, home: Path) -> str:
    asyncio.run(execute(server.url(), "CREATE DATABASE source", "CREATE DATABASE target"))
    url = server.url("source")
    environment = os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": url.replace("postgresql:", "postgresql+asyncpg:"),
    }
    subprocess.run(
        [PREFECT, "server", "database", "upgrade", "-y"], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    asyncio.run(execute(url, *statements(task_runs)))
    return url


def processor_seconds(server: postgres.Server) -> float:
    """What the database server has used so far; a process counts once it has ended."""
    pid = (server.log.parent / "data" / "postmaster.pid").read_text().split()[0]
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def measured_import(source: str, target: str) -> tuple[float, float, float]:
    """Seconds that passed, seconds of a processor that the import used, and the peak of its resident memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen([LICTOR, "import", source, "--to", target])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"lictor import ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task-runs", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with postgres.running(durable=True) as server:
            began = time.monotonic()
            source = make_source(server, options.task_runs, home)
            print(f"made {options.task_runs:,} task runs in {time.monotonic() - began:.0f} s", flush=True)
            for run in ("first import", "import again"):
                before = processor_seconds(server)
                seconds, used, memory = measured_import(source, server.url("target"))
                served = processor_seconds(server) - before
                print(
                    f"{run}: {seconds:.1f} s; processor: {used:.1f} s, and {served:.1f} s of PostgreSQL;"
                    f" at most {memory:.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
