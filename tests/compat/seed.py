"""Fill a real Prefect server, through its API, with rows that differ in everything a filter can ask of.

The SDK's history (sdk_history.py) is real but tame. These rows have every state type, odd names and tags, nulls
wherever there can be nulls, ties in each sort column, and times spread over weeks. What the API sets by its own clock
(a flow run's times, when a row was created) `age.py` moves afterwards.
"""

import asyncio
import base64
import json
import random
import subprocess
from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from . import servers

Json = Any

EPOCH = datetime(2024, 2, 28, 22, tzinfo=UTC)
NAMES = (
    "etl", "ETL", "Etl-daily", "etl_daily", "etlXdaily", "nightly load", "load", "Load 100", "under_score", "quo'te",
    'dou"ble', "back\\slash", "ünïcode", "ÜNÏCODE", "straße", "İstanbul", "日本語",
    "rocket 🚀", " spaced ", "a", "A", "z", "Z", "_", "é", "e\u0301",
)  # fmt: skip
RUN_NAMES = (*NAMES, "100%", "%", "50%_done", "a/b", "<tag>", "x\ny", "tab\there", "[a-z]", "*", "?", "null", "0")
TAGS = (
    "prod", "Prod", "dev", "team:data", "a,b", 'q"uote', "o'k", "per%cent", "under_score", "back\\slash", "",
    " ", "ü", "Ü", "🚀", "[]", "null", "x\ny", "prod ", "pro",
)  # fmt: skip
STATE_NAMES = {
    "SCHEDULED": ("Scheduled", "Late", "AwaitingRetry", "Resuming"),
    "PENDING": ("Pending", "Submitting"),
    "RUNNING": ("Running", "Retrying"),
    "COMPLETED": ("Completed", "Cached", "Skipped", "completed", 'Done "oddly" 100%'),
    "FAILED": ("Failed", "TimedOut", "Rejected"),
    "CANCELLED": ("Cancelled",),
    "CRASHED": ("Crashed", "Ü-crash"),
    "PAUSED": ("Paused", "Suspended"),
    "CANCELLING": ("Cancelling",),
}  # fmt: skip
TERMINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
LABELS = ({}, None, {"env": "prod", "cost": 3, "ratio": 0.5, "spot": True}, {"ü key": "v\"'\\"})
POOLS = ("pool-a", "Pool B", "paused pool")
QUEUES = ("fast", "slow", "Fast")

BUSY_RETRIES = 200  # Prefect's words for "database is locked", which its own services cause on SQLite
FLOW_RUNS, CHILD_RUNS, TASK_RUNS, CREATED_TASK_RUNS = 170, 40, 700, 90


async def seed(server: servers.Server, home: Path) -> None:
    """Rows for all families; comes back when the server has recorded them all."""
    # Writers on SQLite wait for each other inside Prefect for longer than they take one by one.
    writers = 1 if server.database.startswith("sqlite") else 6
    async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
        ageing = await _Seeder(client, random.Random(20240229), writers).run()
    _age(server, home, ageing)


class _Seeder:
    def __init__(self, client: httpx.AsyncClient, rng: random.Random, writers: int) -> None:
        self.client = client
        self.rng = rng
        self.at_once = asyncio.Semaphore(writers)
        self.ageing: dict[str, list[Json]] = {"flow": [], "deployment": [], "flow_run": []}

    async def run(self) -> dict[str, list[Json]]:
        flows = await self.flows()
        await self.pools()
        deployments = await self.deployments(flows)
        runs = await self.flow_runs(flows, deployments, [None] * FLOW_RUNS)
        task_runs = await self.task_runs(runs)
        parents = self.rng.sample(task_runs, CHILD_RUNS)
        children = await self.flow_runs(flows, deployments, parents)
        await self.task_runs(children, TASK_RUNS // 4)
        await self.created_task_runs(runs)
        await self.logs(runs, task_runs)
        await self.variables()
        await self.artifacts(runs, task_runs)
        return self.ageing

    async def logs(self, runs: list[str], task_runs: list[str]) -> None:
        """By few of the runs, so that some have many; on few enough moments that many are equal."""
        rng = self.rng
        runs, task_runs = rng.sample(runs, 9), rng.sample(task_runs, 9)
        moments = [EPOCH + timedelta(hours=rng.randint(0, 700), microseconds=rng.choice((0, 1))) for _ in range(60)]
        logs = [
            {
                "name": rng.choice(("prefect.flow_runs", "prefect.task_runs", "ü", "")),
                "level": rng.choice((-1, 0, 1, 2, 3, 5, 10, 20, 30, 40, 50)),
                "message": f"{rng.choice(RUN_NAMES)} {number}",
                "timestamp": rng.choice(moments).isoformat(),
                "flow_run_id": rng.choice((None, *runs)),
                "task_run_id": rng.choice((None, None, *task_runs)),
            }
            for number in range(150)
        ]
        reply = await self.client.post("/logs/", json=logs)
        reply.raise_for_status()

    async def variables(self) -> None:
        for number, value in enumerate((None, True, 5, 1.5, "text", "é", [1, None], {"ü": {}}, [], "")):
            name = self.rng.choice(("region", "api_url", "x-y", "a")) + f"_{number}"
            await self.post("/variables/", name=name, value=value, tags=self.tags())
        one = {"object": "flow", "property": "name", "type": "string", "operation": "equals", "value": None}
        for name in ("mine", "Ünser", ""):
            reply = await self.client.put(
                "/saved_searches/", json={"name": name, "filters": [one, {**one, "value": {}}]}
            )
            reply.raise_for_status()

    async def artifacts(self, runs: list[str], task_runs: list[str]) -> None:
        """One after the other, so that it is known which is the latest of its key."""
        rng = self.rng
        nowhere = str(UUID(int=7))
        for number in range(50):
            await self.post(
                "/artifacts/",
                key=rng.choice((None, "report", "table-1", "link", "progress", "x", f"only-{number}")),
                type=rng.choice((None, "markdown", "table", "progress", "Markdown")),
                data=rng.choice((None, 5, 1.5, "# ü", [{"a": None}], {"b": []})),
                description=rng.choice((None, "", "what it shows")),
                metadata_=rng.choice((None, {}, {"n": "1"})),
                flow_run_id=rng.choice((None, nowhere, *rng.sample(runs, 4))),
                task_run_id=rng.choice((None, nowhere, *rng.sample(task_runs, 4))),
            )

    async def flows(self) -> list[str]:
        ids = await self.all_of(
            self.post("/flows/", name=name, tags=self.tags(), labels=self.rng.choice(LABELS)) for name in NAMES
        )
        self.ageing["flow"] = [{"id": id, **self.created()} for id in ids]
        return ids

    async def pools(self) -> None:
        for name in POOLS:
            await self.post("/work_pools/", name=name, type="process", is_paused="paused" in name)
        for name in QUEUES:
            await self.post("/work_pools/pool-a/queues", name=name)
        await self.post("/work_pools/Pool B/queues", name="fast", is_paused=True, concurrency_limit=2)

    async def deployments(self, flows: list[str]) -> list[str]:
        ids = []
        for number in range(44):
            body = {
                "name": self.rng.choice(NAMES) + ("" if number % 3 else f" {number}"),
                "flow_id": self.rng.choice(flows[:-4]),
                "tags": self.tags(),
                "labels": self.rng.choice(LABELS),
                "paused": self.rng.random() < 0.4,
                "version": self.rng.choice((None, "1.0", "ü")),
                "description": self.rng.choice((None, "", "what it does")),
                "concurrency_limit": self.rng.choice((None, None, 1, 5)),
                "parameters": self.rng.choice(({}, {"a": [1, None, "ü"], "b": {"c": 1.5}})),
                "entrypoint": self.rng.choice((None, "flows.py:etl")),
                **self.where_to_work(),
            }
            ids.append(await self.post("/deployments/", **body))
        ids = list(dict.fromkeys(ids))
        self.ageing["deployment"] = [{"id": id, **self.created()} for id in ids]
        return ids

    def where_to_work(self) -> Json:
        return self.rng.choice((
            {},
            {"work_queue_name": "etl-queue"},
            {"work_queue_name": "ETL-queue"},
            {"work_pool_name": "pool-a"},
            {"work_pool_name": "pool-a", "work_queue_name": "fast"},
            {"work_pool_name": "Pool B", "work_queue_name": "fast"},
            {"work_pool_name": "paused pool"},
        ))  # fmt: skip

    async def flow_runs(self, flows: list[str], deployments: list[str], parents: list[str | None]) -> list[str]:
        return await self.all_of(
            self.flow_run(flows, deployments, number, parent) for number, parent in enumerate(parents)
        )

    async def flow_run(self, flows: list[str], deployments: list[str], number: int, parent: str | None) -> str:
        rng = self.rng
        state = self.state()
        scheduled = state["type"] == "SCHEDULED"
        body = {
            "name": rng.choice(RUN_NAMES),
            "flow_id": rng.choice(flows[2:]),
            "tags": self.tags(),
            "labels": rng.choice(LABELS),
            "parameters": rng.choice(({}, {"x": None, "ü": [1, 2.5, "y"]})),
            "context": rng.choice(({}, {"k": "v"})),
            "flow_version": rng.choice((None, "1", "2.0", "ü")),
            "idempotency_key": rng.choice((None, f"key-{number}-{parent}", f"Key'{number}-{parent}")),
            "deployment_id": rng.choice((None, rng.choice(deployments))),
            "parent_task_run_id": parent,
            "empirical_policy": rng.choice(({}, {"retries": 3, "retry_delay": 10})),
            "state": state if scheduled else None,
            **(self.where_to_work() if rng.random() < 0.6 else {}),
        }
        if number % 7 == 0:
            body["name"] = ["tie", "TIE"][number % 2]
        headers = {}
        if number % 5 == 0:
            headers = {
                "Prefect-Automation-ID": str(UUID(int=number // 25 + 1)),
                "Prefect-Automation-Name": base64.b64encode(f"automation ü {number}".encode()).decode(),
            }
        id = await self.post("/flow_runs/", headers=headers, **body)
        if not scheduled and state["type"] != "PENDING":
            await self.run_through(f"/flow_runs/{id}", state)
        self.ageing["flow_run"].append({"id": id, **self.times(state["type"]), **self.created()})
        return id

    async def run_through(self, run: str, state: Json) -> None:
        """Past RUNNING on the way to most states, as a run that a worker carried out; sometimes straight, by force."""
        if self.rng.random() < 0.8 and state["type"] != "RUNNING":
            await self.post(f"{run}/set_state", state={"type": "RUNNING"}, force=True)
        await self.post(f"{run}/set_state", state=state, force=True)

    async def task_runs(self, flow_runs: list[str], count: int = TASK_RUNS) -> list[str]:
        """Recorded from events, as the SDK's are: the only way to set a task run's times."""
        events, ids = [], []
        for number in range(count):
            id = str(UUID(int=self.rng.getrandbits(128), version=4))
            flow_run = None if number % 11 == 0 else self.rng.choice(flow_runs)
            events += self.task_run_events(id, flow_run, number)
            ids.append(id)
        for start in range(0, len(events), 40):
            reply = await self.client.post("/events", json=events[start : start + 40])
            reply.raise_for_status()
        await self.recorded(ids)
        return ids

    def task_run_events(self, id: str, flow_run: str | None, number: int) -> list[Json]:
        rng = self.rng
        state = self.state()
        times = self.times(state["type"])
        task_run = {
            "name": ["tie", "TIE"][number % 2] if number % 9 == 0 else rng.choice(RUN_NAMES),
            "task_key": rng.choice(("extract-1a", "load-2b")),
            "dynamic_key": f"{number}-{id}",
            "tags": self.tags(),
            "labels": rng.choice(LABELS) or {},
            "task_inputs": rng.choice(
                ({}, {"x": [{"input_type": "parameter", "name": "p"}, {"input_type": "task_run", "id": id}]})
            ),
            "empirical_policy": rng.choice(({}, {"retries": 2, "retry_delay": [1, 2.5], "retry_jitter_factor": 0.5})),
            "run_count": 0 if times["start_time"] is None else rng.randint(1, 4),
            "flow_run_run_count": rng.randint(0, 2),
            **times,
        }
        for optional in ("cache_key", "task_version"):
            if rng.random() < 0.3:
                task_run[optional] = f"{optional} {number % 5}"
        if state["type"] == "SCHEDULED" and "expected_start_time" in times:
            task_run["next_scheduled_start_time"] = times["expected_start_time"]
        task_run = {key: value for key, value in task_run.items() if value is not None}
        occurred = times["end_time"] or times["start_time"] or times["expected_start_time"] or EPOCH.isoformat()
        related = [{"prefect.resource.id": f"prefect.flow-run.{flow_run}", "prefect.resource.role": "flow-run"}]
        states = (
            [{"type": "PENDING", "name": "Pending"}, state]
            if rng.random() < 0.7 and state["type"] != "PENDING"
            else [state]
        )
        return [
            {
                "id": str(UUID(int=rng.getrandbits(128), version=4)),
                "event": f"prefect.task-run.{entered['name']}",
                "occurred": (datetime.fromisoformat(occurred) - timedelta(seconds=len(states) - position)).isoformat(),
                "resource": {"prefect.resource.id": f"prefect.task-run.{id}", "prefect.orchestration": "client"},
                "related": related if flow_run else [],
                "payload": {
                    "intended": {"from": None, "to": entered["type"]},
                    "initial_state": None,
                    "task_run": task_run,
                    "validated_state": entered,
                },
            }
            for position, entered in enumerate(states)
        ]  # fmt: skip

    async def recorded(self, ids: list[str]) -> None:
        for _ in range(1500):
            found = (await self.client.post("/task_runs/count", json={"task_runs": {"id": {"any_": ids}}})).json()
            if found == len(ids):
                return
            await asyncio.sleep(0.2)
        raise TimeoutError(f"Prefect recorded {found} of {len(ids)} task runs")

    async def created_task_runs(self, flow_runs: list[str]) -> None:
        """Through the routes of the API, as older clients do."""
        await self.all_of(self.created_task_run(flow_runs, number) for number in range(CREATED_TASK_RUNS))

    async def created_task_run(self, flow_runs: list[str], number: int) -> str:
        rng = self.rng
        state = self.state()
        id = await self.post(
            "/task_runs/",
            id=str(UUID(int=rng.getrandbits(128), version=4)),
            name=rng.choice(RUN_NAMES),
            flow_run_id=None if number % 10 == 0 else rng.choice(flow_runs),
            task_key="created",
            dynamic_key=str(number),
            tags=self.tags(),
            labels=rng.choice(LABELS),
            cache_key=rng.choice((None, "cache")),
            cache_expiration=rng.choice((None, "2031-05-06T07:08:09.123456Z")),
            state={**state, "data": None} if number % 3 == 0 else None,
        )
        if number % 3 == 1:
            await self.run_through(f"/task_runs/{id}", state)
        return id

    def state(self) -> Json:
        rng = self.rng
        # Completed and failed runs are most of any history; each of the others gets its share.
        type = rng.choice(("COMPLETED", "FAILED", *STATE_NAMES, *STATE_NAMES))
        state: Json = {
            "type": type,
            "name": rng.choice(STATE_NAMES[type]),
            "message": rng.choice((None, "", "müde 'n\" \\ tired")),
        }
        if type == "SCHEDULED":
            moment = EPOCH + timedelta(days=rng.randint(-400, 4000), seconds=rng.randint(0, 9))
            state["state_details"] = {"scheduled_time": moment.isoformat()}
        elif rng.random() < 0.2:  # not with SCHEDULED: Prefect answers 500 to a flow run created in a state with data
            state["data"] = {"type": "reference", "storage_key": "k", "ü": [1, 2.5, None]}
        return state

    def times(self, state_type: str) -> Json:
        """Start, end and expectation of a run, on few enough moments that many are equal."""
        rng = self.rng
        expected = EPOCH + timedelta(hours=rng.randint(0, 700), microseconds=rng.choice((0, 0, 1, 999999, 500000)))
        late = timedelta(seconds=rng.choice((0, 0, 1, 61.5, 86400)), microseconds=rng.choice((0, 0, 7)))
        took = timedelta(seconds=rng.choice((0, 1, 59, 3600)), microseconds=rng.choice((0, 250000, 123457)))
        started = state_type in {"RUNNING", "CANCELLING", "PAUSED"} or (state_type in TERMINAL and rng.random() < 0.9)
        ended = state_type in TERMINAL and rng.random() < 0.95
        return {
            "expected_start_time": expected.isoformat() if rng.random() < 0.95 else None,
            "start_time": (expected + late).isoformat() if started else None,
            "end_time": (expected + late + took).isoformat() if ended else None,
            "total_run_time": took.total_seconds() if ended else 0,
        }

    def tags(self) -> list[str]:
        return self.rng.sample(TAGS, self.rng.choice((0, 0, 1, 1, 2, 3, 5)))

    def created(self) -> Json:
        moment = EPOCH + timedelta(days=self.rng.randint(0, 9), microseconds=self.rng.choice((0, 0, 5)))
        return {"created": moment.isoformat(), "updated": (moment + timedelta(days=self.rng.randint(0, 3))).isoformat()}

    async def post(self, path: str, *, headers: dict[str, str] | None = None, **body: Json) -> str:
        async with self.at_once:
            for _ in range(BUSY_RETRIES):
                reply = await self.client.post(path, json=body, headers=headers)
                if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    break
                await asyncio.sleep(0.3)
        if reply.is_error:
            raise RuntimeError(f"{path} {body}: {reply.status_code} {reply.text}")
        return reply.json().get("id", "")

    async def all_of(self, posts: Iterable[Awaitable[str]]) -> list[str]:
        return list(await asyncio.gather(*posts))


def _age(server: servers.Server, home: Path, changes: dict[str, list[Json]]) -> None:
    subprocess.run(
        [servers.PREFECT_PYTHON, Path(__file__).with_name("age.py")],
        env=servers.prefect_environment(home, server.database),
        input=json.dumps(changes).encode(),
        check=True,
        timeout=120,
    )
