"""How the databases answer the questions that are asked most, of rows as unevenly spread as they are in real life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from lictor.db.compiled_query import DriverCall
from lictor.db.engine import AutocommitConnection, Database
from lictor.db.ids import uuid7
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.task_runs.table import task_run
from lictor.settings import Settings
from tests.make import NOON, Make
from tests.plans import plan_of_sent

TASK_RUNS = 12_000
FLOWS = 20
WIDE = '{"padding": "' + "." * 400 + '"}'
YESTERDAY = (NOON - timedelta(days=1)).isoformat()


@dataclass(frozen=True)
class Asked:
    """A question, the indexes that must answer it on either database, and whether a few rows may be sorted."""

    path: str
    body: dict[str, Any] | None
    sqlite: str
    postgresql: str
    sorts: bool = False


def task_runs(**body: Any) -> tuple[str, dict[str, Any]]:
    return "/task_runs/filter", body


FLOW = {"flows": {"name": {"any_": ["flow-3"]}}}
FAILED = {"task_runs": {"state": {"type": {"any_": ["FAILED"]}}}}
DAY = {"start_time": {"after_": YESTERDAY, "before_": NOON.isoformat()}}
STEPS = {"history_start": YESTERDAY, "history_end": NOON.isoformat(), "history_interval_seconds": 300}
IN_ORDER_OF_IDS = ("autoindex_task_run_1", "pk_task_run")
# PostgreSQL takes one of two indexes that begin with the flow run, where it only counts.
OF_FLOW_RUN = ("ix_task_run__flow_run_id_id", "task_run__flow_run_id_")
OF_FLOW = ("ix_task_run__flow_id_id_flow_run_id",) * 2
OF_FLOW_BY_END = ("ix_task_run__flow_id_end_time_id_flow_run_id",) * 2
TALLY = ("task_run_tally",) * 2
SEARCHED = "ix_task_run__searched"

QUESTIONS = {
    "one": Asked("/task_runs/TASK_RUN", None, *IN_ORDER_OF_IDS),
    "page": Asked(*task_runs(), *IN_ORDER_OF_IDS),
    "page of 1": Asked(*task_runs(limit=1), *IN_ORDER_OF_IDS),
    "deep": Asked(*task_runs(offset=6_000), *IN_ORDER_OF_IDS, sorts=True),
    "flow_run_id": Asked(*task_runs(task_runs={"flow_run_id": {"any_": ["FLOW_RUN"]}}), *OF_FLOW_RUN),
    "flow_runs.id": Asked(*task_runs(flow_runs={"id": {"any_": ["FLOW_RUN"]}}), *OF_FLOW_RUN),
    "failed": Asked(
        *task_runs(task_runs={"state": {"type": {"any_": ["FAILED"]}}}),
        "ix_task_run__state_type_id",
        "ix_task_run__state_type_id",
    ),
    "failed or crashed since": Asked(
        *task_runs(
            task_runs={
                "state": {"type": {"any_": ["FAILED", "CRASHED"]}},
                "expected_start_time": {"after_": YESTERDAY},
            },
            sort="EXPECTED_START_TIME_DESC",
        ),
        "ix_task_run__",
        "expected_start_time",
        sorts=True,
    ),
    "rare tag": Asked(*task_runs(task_runs={"tags": {"all_": ["rare"]}}), SEARCHED, "ix_task_run__tags", sorts=True),
    "two rare tags": Asked(
        *task_runs(task_runs={"tags": {"all_": ["rare", "gone"]}}), SEARCHED, "ix_task_run__tags", sorts=True
    ),
    "common tag": Asked(*task_runs(task_runs={"tags": {"all_": ["prod"]}}), SEARCHED, "pk_task_run", sorts=True),
    "two common tags": Asked(
        *task_runs(task_runs={"tags": {"all_": ["prod", "etl"]}}), SEARCHED, "pk_task_run", sorts=True
    ),
    "one of several things": Asked(
        *task_runs(
            task_runs={
                "operator": "or_",
                "state": {"operator": "or_", "type": {"any_": ["CRASHED"]}, "name": {"any_": ["TimedOut"]}},
                "tags": {"all_": ["etl"]},
            }
        ),
        f"COVERING INDEX {SEARCHED}",
        "ix_task_run__short",
        sorts=True,
    ),
    "name of a state": Asked(
        *task_runs(task_runs={"state": {"name": {"any_": ["TimedOut"]}}}),
        f"COVERING INDEX {SEARCHED}",
        "ix_task_run__history",
        sorts=True,
    ),
    "one of several filters": Asked(
        *task_runs(task_runs={"any_of": [{"state": {"name": {"any_": ["Late"]}}}, {"tags": {"all_": ["rare"]}}]}),
        f"COVERING INDEX {SEARCHED}",
        "ix_task_run__tags",
        sorts=True,
    ),
    "of a flow and a deployment, tagged or failed": Asked(
        *task_runs(
            **FLOW,
            deployments={"name": {"any_": ["nightly"]}},
            flow_runs={"operator": "or_", "tags": {"all_": ["nightly"]}, "state": {"type": {"any_": ["FAILED"]}}},
            sort="END_TIME_DESC",
        ),
        "COVERING INDEX ix_task_run__flow_id_end_time_id_flow_run_id",
        "ix_task_run__flow_id_end_time_id_flow_run_id",
        sorts=True,
    ),
    "of a flow and runs that are not there": Asked(
        *task_runs(**FLOW, flow_runs={"name": {"like_": "gone"}}),
        "COVERING INDEX ix_task_run__flow_id_id_flow_run_id",
        "ix_task_run__flow_id_id_flow_run_id",
        sorts=True,
    ),
    "name": Asked(
        *task_runs(task_runs={"name": {"like_": "extract-5a"}}),
        "COVERING INDEX ix_task_run__name_id (name=?)",
        "ix_task_run__name_id",
        sorts=True,
    ),
    "name by expected start": Asked(
        *task_runs(task_runs={"name": {"like_": "extract-5a"}}, sort="EXPECTED_START_TIME_DESC"),
        "ix_task_run__",
        "ix_task_run__name_trigrams",
        sorts=True,
    ),
    "of a flow": Asked(*task_runs(**FLOW), *OF_FLOW),
    "of a flow by its id": Asked(*task_runs(flows={"id": {"any_": ["FLOW_ID"]}}), *OF_FLOW),
    "of a flow by end": Asked(*task_runs(**FLOW, sort="END_TIME_DESC"), *OF_FLOW_BY_END),
    "count of a flow": Asked("/task_runs/count", FLOW, *TALLY),
    "count of some flows": Asked("/task_runs/count", {"flows": {"name": {"like_": "flow-1"}}}, *TALLY),
    "count of the failed of a flow": Asked("/task_runs/count", {**FLOW, **FAILED}, *TALLY),
    "count of a flow by state": Asked("/ui/task_runs/count", FLOW, *TALLY, sorts=True),
    "dashboard": Asked(
        "/ui/task_runs/dashboard/counts",
        {"task_runs": DAY},
        "task_run_started_tally USING PRIMARY KEY (minute>? AND minute<?)",
        "ix_task_run_started_tally__minute",
        sorts=True,
    ),
    "dashboard of some names": Asked(
        "/ui/task_runs/dashboard/counts",
        {"task_runs": {**DAY, "name": {"like_": "extract"}}},
        "ix_task_run__start_time_state_type",
        "ix_task_run__start_time_state_type",
        sorts=True,
    ),
    "history": Asked(
        "/task_runs/history",
        STEPS,
        "task_run_expected_tally USING PRIMARY KEY (minute>? AND minute<?)",
        "ix_task_run_expected_tally__minute",
        sorts=True,
    ),
    "history in steps across minutes": Asked(
        "/task_runs/history",
        {**STEPS, "history_interval_seconds": 500},
        "COVERING INDEX ix_task_run__history (expected_start_time>? AND expected_start_time<?)",
        "ix_task_run_expected_tally__minute",
        sorts=True,
    ),
    "history of some names": Asked(
        "/task_runs/history",
        {**STEPS, "task_runs": {"name": {"like_": "extract"}}},
        "ix_task_run__history",
        "ix_task_run__history",
        sorts=True,
    ),
    "parents of subflow runs": Asked(
        *task_runs(task_runs={"subflow_runs": {"exists_": True}}),
        "ix_flow_run__parent_task_run_id",
        "ix_flow_run__parent_task_run_id",
        sorts=True,
    ),
    "count": Asked("/task_runs/count", {}, *TALLY),
    "count by state": Asked("/ui/task_runs/count", {}, *TALLY, sorts=True),
}


@pytest.fixture
async def history(db: Database, make: Make, settings: Settings) -> dict[str, str]:
    """Task runs of 90 days, most of them of late; few failed, one tag is rare. The ids of one, of a flow run and of a flow."""
    flows = [await make.flow(f"flow-{number}") for number in range(FLOWS)]
    deployments = [await make.deployment("nightly" if f == 3 else f"d-{f}", flow_id=flows[f]) for f in range(FLOWS)]
    always = dict.fromkeys(("empirical_policy", "task_inputs", "parameters", "context"), WIDE)
    flow_runs = [
        {
            "id": uuid7(),
            "name": f"run-{n}",
            "flow_id": flows[n % FLOWS],
            "deployment_id": deployments[n % FLOWS],
            "tags": ["nightly"] if n % 3 else [],
            "total_run_time": timedelta(0),
        }
        for n in range(TASK_RUNS // 30)
    ]
    runs = []
    for n in range(TASK_RUNS):
        at = NOON - timedelta(days=90 * ((TASK_RUNS - n) / TASK_RUNS) ** 2)
        kind = "FAILED" if n % 25 == 7 else "CRASHED" if n % 500 == 1 else "COMPLETED"
        runs.append(
            {
                "id": uuid7(),
                "name": f"{('extract', 'load', 'send')[n % 3]}-{n * 2654435761 % 2**20:05x}",
                "flow_run_id": (of := flow_runs[n * len(flow_runs) // TASK_RUNS])["id"],
                "flow_id": of["flow_id"],
                "task_key": "task",
                "dynamic_key": str(n),
                "state_type": kind,
                "state_name": kind.capitalize(),
                "tags": ["prod", "etl"] if n % 3 else ["rare"] if n % 3_000 == 0 else [],
                "total_run_time": timedelta(microseconds=n * 2654435761 % 2**32),  # as real ones, all different
                **dict.fromkeys(("expected_start_time", "start_time", "end_time", "state_timestamp"), at),
            }
        )
    async with db.write() as tx:
        for table, rows in ((flow_run, flow_runs), (task_run, runs)):
            known = {name: value for name, value in always.items() if name in table.c}
            await tx.execute(sa.insert(table), [row | known for row in rows])
        children = sa.select(flow_run.c.id).order_by(flow_run.c.id).limit(20).scalar_subquery()
        await tx.execute(
            sa.update(flow_run).where(flow_run.c.id.in_(children)).values(parent_task_run_id=runs[70]["id"])
        )
    tidying = create_async_engine(settings.database.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    async with tidying.connect() as connection:
        await connection.execute(sa.text("ANALYZE" if db.dialect.name == "sqlite" else "VACUUM (ANALYZE)"))
    return {"FLOW_RUN": str(flow_runs[5]["id"]), "TASK_RUN": str(runs[200]["id"]), "FLOW_ID": str(flows[3])}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[DriverCall]:
    """The statements that reads send, with their values."""
    seen: list[DriverCall] = []
    run = AutocommitConnection._run

    async def record(reads: AutocommitConnection, ready: DriverCall) -> Sequence[Any]:
        seen.append(ready)
        return await run(reads, ready)

    monkeypatch.setattr(AutocommitConnection, "_run", record)
    return seen


async def test_no_question_reads_more_than_it_must(
    db: Database, api: httpx.AsyncClient, history: dict[str, str], sent: list[DriverCall]
) -> None:
    wrong = {}
    for name, asked in QUESTIONS.items():
        sent.clear()
        path, body = _filled_in([asked.path, asked.body], history)
        reply = await api.request("GET" if body is None else "POST", path, json=body)
        assert reply.status_code == 200, reply.text
        plans = [await plan_of_sent(db, ready) for ready in sent]
        assert plans, name
        for plan in plans:
            index = asked.sqlite if db.dialect.name == "sqlite" else asked.postgresql
            if index not in plan or (not asked.sorts and _sorts(plan)) or _scans(plan, "task_run"):
                wrong[name] = plan
    assert not wrong, "\n\n".join(f"{name}:\n{plan}" for name, plan in wrong.items())


async def test_one_of_several_things_is_looked_for_in_an_index_alone(
    db: Database, api: httpx.AsyncClient, history: dict[str, str], sent: list[DriverCall]
) -> None:
    del history
    asked = QUESTIONS["one of several things"]
    await api.post(asked.path, json=asked.body)
    [plan] = [await plan_of_sent(db, ready) for ready in sent]
    if db.dialect.name == "sqlite":
        assert "SCAN task_run USING COVERING INDEX" in plan
    else:
        [search] = [node for node in _nodes(plan) if "ix_task_run__short" in node]
        assert search.startswith('"Index Only Scan"')


async def test_a_page_of_a_flow_and_its_number_of_all(
    db: Database, api: httpx.AsyncClient, history: dict[str, str], sent: list[DriverCall]
) -> None:
    """The page is walked to, and the number is known."""
    del history
    reply = await api.post("/task_runs/paginate", json={**FLOW, "page": 3, "limit": 50})
    assert reply.json()["count"] == TASK_RUNS // FLOWS
    plans = sorted([await plan_of_sent(db, ready) for ready in sent], key=lambda plan: "task_run_tally" in plan)
    page, count = plans
    assert OF_FLOW[0] in page
    assert not _sorts(page)
    assert "ix_task_run__" not in count
    assert not _scans(count, "task_run")


def _filled_in(asked: Any, ids: dict[str, str]) -> Any:
    text = orjson.dumps(asked).decode()
    for name, id in ids.items():
        text = text.replace(name, id)
    return orjson.loads(text)


def _sorts(plan: str) -> bool:
    return "TEMP B-TREE" in plan or '"Sort"' in plan


def _scans(plan: str, table: str) -> bool:
    """Whether the rows of a table are read from the first to the last."""
    if f"SCAN {table}\n" in f"{plan}\n":
        return True
    return any(node.startswith('"Seq Scan"') and f'"Relation Name": "{table}"' in node for node in _nodes(plan))


def _nodes(plan: str) -> list[str]:
    """What PostgreSQL says of each node, from its type on."""
    return plan.split('"Node Type": ')[1:]
