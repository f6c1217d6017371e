"""What is asked: the requests that dashboards, scripts and the SDK send, and the best SQL known for each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from benchmarks.history import END, FlowRun, History
from tests.compat.asking import Question

YESTERDAY = (END - timedelta(days=1)).isoformat()
RARE_NAME = "extract-5a"  # a few task runs in ten thousand are called so
NEWEST = "ORDER BY task_run.id DESC LIMIT 200"


class Dialect(Protocol):
    """How a database spells what the best SQL needs."""

    def id(self, text: str) -> str: ...

    def moment(self, text: str) -> str: ...

    def has_tags(self, column: str, *tags: str) -> str: ...

    def newest_named(self, part: str) -> str: ...

    def newest_searched(self, condition: str) -> str: ...


BestSQL = Callable[[Dialect], str]


@dataclass(frozen=True)
class Shape:
    """One row of the table.

    The best SQL, for Lictor's tables: `rows` is what follows `SELECT ... FROM task_run` where task runs are the answer;
    `number` is a statement where the answer is one number.
    """

    key: str
    title: str
    question: Question
    rows: BestSQL | None = None
    number: BestSQL | None = None
    headers: dict[str, str] = field(default_factory=dict)


def shapes(history: History, task_run_id: str) -> list[Shape]:
    """The requests; `task_run_id` is one that is there."""
    return [
        *_pages(history),
        *_by_id(history.typical_flow_run(), task_run_id),
        *_by_state(),
        *_by_name_or_tag(history),
        *_across_families(history),
        *_counts(history),
        Shape("flow-runs", "page of 200 flow runs", Question("/flow_runs/filter", {})),
        Shape("deployments", "page of 100 deployments", Question("/deployments/filter", {"limit": 100})),
    ]


def _task_runs(**body: Any) -> Question:
    return Question("/task_runs/filter", body)


def _always(sql: str) -> BestSQL:
    return lambda _: sql


def _found_first(ids: str) -> str:
    """The rows whose ids a narrower statement finds, newest first."""
    return f"JOIN ({ids}) AS page ON task_run.id = wanted ORDER BY task_run.id DESC"


def _newest_where(condition: str) -> str:
    return _found_first(f"SELECT id AS wanted FROM task_run WHERE {condition} ORDER BY id DESC LIMIT 200")


def _pages(history: History) -> list[Shape]:
    half = history.task_runs // 2
    deep = f"(SELECT id AS wanted FROM task_run ORDER BY id DESC LIMIT 200 OFFSET {half}) AS page"
    return [
        Shape("page", "page of 200, newest first", _task_runs(), _always(NEWEST)),
        Shape("gzip", "the same, compressed", _task_runs(), headers={"accept-encoding": "gzip"}),
        Shape("page-of-1", "page of 1", _task_runs(limit=1), _always("ORDER BY task_run.id DESC LIMIT 1")),
        Shape(
            key="offset",
            title=f"page of 200 at offset {half:,}",
            question=_task_runs(offset=half),
            rows=_always(f"JOIN {deep} ON task_run.id = wanted {NEWEST}"),
        ),
    ]


def _by_id(flow_run: FlowRun, task_run_id: str) -> list[Shape]:
    def of_flow_run(d: Dialect) -> str:
        return f"WHERE flow_run_id = {d.id(flow_run.id)} {NEWEST}"

    return [
        Shape(
            key="one",
            title="one task run by id",
            question=Question(f"/task_runs/{task_run_id}", method="GET"),
            rows=lambda d: f"WHERE task_run.id = {d.id(task_run_id)}",
        ),
        Shape(
            key="flow-run-id",
            title=f"the {flow_run.size} task runs of a flow run, by `flow_run_id`",
            question=_task_runs(task_runs={"flow_run_id": {"any_": [flow_run.id]}}),
            rows=of_flow_run,
        ),
        Shape(
            key="flow-runs-id",
            title="the same, by `flow_runs.id`",
            question=_task_runs(flow_runs={"id": {"any_": [flow_run.id]}}),
            rows=of_flow_run,
        ),
    ]


def _by_state() -> list[Shape]:
    bad = ("FAILED", "CRASHED")

    def newest_of_each(d: Dialect) -> str:
        latest = "ORDER BY expected_start_time DESC LIMIT 200"
        each = (
            "SELECT * FROM (SELECT id AS wanted, expected_start_time FROM task_run"
            f" WHERE state_type = '{kind}' AND expected_start_time >= {d.moment(YESTERDAY)} {latest}) AS newest_{kind}"
            for kind in bad
        )
        merged = f"(SELECT wanted FROM ({' UNION ALL '.join(each)}) AS newest {latest}) AS page"
        return f"JOIN {merged} ON task_run.id = wanted ORDER BY task_run.expected_start_time DESC"

    return [
        Shape(
            key="failed-since",
            title="failed or crashed since yesterday, by expected start",
            question=_task_runs(
                task_runs={"state": {"type": {"any_": bad}}, "expected_start_time": {"after_": YESTERDAY}},
                sort="EXPECTED_START_TIME_DESC",
            ),
            rows=newest_of_each,
        ),
        Shape(
            key="failed",
            title="all failed ever, newest first",
            question=_task_runs(task_runs={"state": {"type": {"any_": ["FAILED"]}}}),
            rows=_always(f"WHERE state_type = 'FAILED' {NEWEST}"),
        ),
    ]


def _by_name_or_tag(history: History) -> list[Shape]:
    rare = (history.customer_tag(3), history.customer_tag(history.customers - 1))
    any_of_three = {
        "operator": "or_",
        "state": {"operator": "or_", "type": {"any_": ["CRASHED"]}, "name": {"any_": ["TimedOut"]}},
        "tags": {"all_": ["backfill"]},
    }
    return [
        Shape(
            key="common-tags",
            title="two common tags",
            question=_task_runs(task_runs={"tags": {"all_": ["prod", "etl"]}}),
            rows=lambda d: _newest_where(d.has_tags("tags", "prod", "etl")),
        ),
        Shape(
            key="rare-tags",
            title="two rare tags (no hit)",
            question=_task_runs(task_runs={"tags": {"all_": rare}}),
            rows=lambda d: _newest_where(d.has_tags("tags", *rare)),
        ),
        Shape(
            key="name",
            title=f"name contains `{RARE_NAME}`",
            question=_task_runs(task_runs={"name": {"like_": RARE_NAME}}),
            rows=lambda d: _found_first(d.newest_named(RARE_NAME)),
        ),
        Shape(
            key="tree",
            title="`or_` tree over state type, state name and tags",
            question=_task_runs(task_runs=any_of_three),
            rows=lambda d: _found_first(
                d.newest_searched(
                    f"(state_type = 'CRASHED' OR state_name = 'TimedOut' OR {d.has_tags('tags', 'backfill')})"
                )
            ),
        ),
    ]


def _across_families(history: History) -> list[Shape]:
    flow, deployment = history.flow_name(history.flow_of(3)), history.deployment_name(3)
    asked_of_flow_run = {"operator": "or_", "tags": {"all_": ["nightly"]}, "state": {"type": {"any_": ["FAILED"]}}}

    def joined(d: Dialect) -> str:
        in_order = "ORDER BY task_run.end_time DESC, task_run.id DESC"
        return (
            "JOIN (SELECT task_run.id AS wanted FROM task_run"
            f" WHERE flow_id = (SELECT id FROM flow WHERE name = '{flow}') AND (flow_run_id IN (SELECT id FROM flow_run"
            f" WHERE deployment_id IN (SELECT id FROM deployment WHERE name = '{deployment}')"
            f" AND ({d.has_tags('flow_run.tags', 'nightly')} OR flow_run.state_type = 'FAILED'))) IS TRUE"
            f" {in_order} LIMIT 200) AS page ON task_run.id = wanted {in_order}"
        )

    return [
        Shape(
            key="across",
            title="by flow, deployment, and tag or failure of the flow run, by end time",
            question=_task_runs(
                flows={"name": {"any_": [flow]}},
                deployments={"name": {"any_": [deployment]}},
                flow_runs=asked_of_flow_run,
                sort="END_TIME_DESC",
            ),
            rows=joined,
        ),
        Shape(
            key="page-3",
            title="page 3 of a flow by name, with the number of all",
            question=Question("/task_runs/paginate", {"flows": {"name": {"any_": [flow]}}, "page": 3, "limit": 50}),
        ),
        Shape(
            key="subflows",
            title="parents of subflow runs",
            question=_task_runs(task_runs={"subflow_runs": {"exists_": True}}),
            rows=_always(
                _found_first(
                    "SELECT DISTINCT parent_task_run_id AS wanted FROM flow_run"
                    " WHERE parent_task_run_id IS NOT NULL ORDER BY 1 DESC LIMIT 200"
                )
            ),
        ),
    ]


def _counts(history: History) -> list[Shape]:
    flow = history.flow_name(3)
    day = {"start_time": {"after_": YESTERDAY, "before_": END.isoformat()}}
    steps = {"history_start": YESTERDAY, "history_end": END.isoformat(), "history_interval_seconds": 300}
    of_flow = (
        "SELECT CAST(coalesce(sum(count), 0) AS bigint) FROM task_run_tally"
        f" WHERE flow_id = (SELECT id FROM flow WHERE name = '{flow}')"
    )
    return [
        Shape(
            key="count",
            title="count of all",
            question=Question("/task_runs/count", {}),
            number=_always("SELECT CAST(sum(count) AS bigint) FROM task_run_tally"),
        ),
        Shape("count-states", "count by type of state", Question("/ui/task_runs/count", {})),
        Shape(
            key="count-flow",
            title="count of a flow by name",
            question=Question("/task_runs/count", {"flows": {"name": {"any_": [flow]}}}),
            number=_always(of_flow),
        ),
        Shape(
            key="dashboard",
            title="the dashboard's counts of a day",
            question=Question("/ui/task_runs/dashboard/counts", {"task_runs": day}),
        ),
        Shape("history", "history of 24 hours in steps of 5 minutes", Question("/task_runs/history", steps)),
    ]
