"""The rows both servers hold, as the oracle tells them, and the values worth asking for."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import httpx

from .vocabulary import Criterion, kind

Json = Any
Row = dict[str, Any]

STATE_TYPES = (
    "SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"
)  # fmt: skip
NOWHERE = {"uuids": ["00000000-0000-4000-8000-000000000000"], "strings": ["no such thing", ""], "enums": []}
FRAGMENTS = (
    "%",
    "_",
    "\\",
    "'",
    '"',
    "e",
    "LOAD",
    "ü",
    "Ü",
    "ß",
    "SS",
    "i",
    "İ",
    "日",
    "🚀",
    " ",
    "%_%",
    "a/b",
    "[a-z]",
    "*",
)

# Where a row holds what a criterion asks for; every criterion must stand here.
VALUES: dict[str, Callable[[Row], list[Json]]] = {
    "FlowFilterId": lambda row: [row["id"]],
    "FlowFilterDeployment": lambda row: [],
    "FlowFilterName": lambda row: [row["name"]],
    "FlowFilterTags": lambda row: row["tags"],
    "FlowRunFilterId": lambda row: [row["id"]],
    "FlowRunFilterName": lambda row: [row["name"]],
    "FlowRunFilterTags": lambda row: row["tags"],
    "FlowRunFilterDeploymentId": lambda row: [row["deployment_id"]],
    "FlowRunFilterWorkQueueName": lambda row: [row["work_queue_name"]],
    "FlowRunFilterStateType": lambda row: [row["state_type"]],
    "FlowRunFilterStateName": lambda row: [row["state_name"]],
    "FlowRunFilterFlowVersion": lambda row: [row["flow_version"]],
    "FlowRunFilterStartTime": lambda row: [row["start_time"], row["expected_start_time"]],
    "FlowRunFilterEndTime": lambda row: [row["end_time"]],
    "FlowRunFilterExpectedStartTime": lambda row: [row["expected_start_time"]],
    "FlowRunFilterNextScheduledStartTime": lambda row: [row["next_scheduled_start_time"]],
    "FlowRunFilterParentFlowRunId": lambda row: [row["parent_flow_run_id"]],
    "FlowRunFilterParentTaskRunId": lambda row: [row["parent_task_run_id"]],
    "FlowRunFilterIdempotencyKey": lambda row: [row["idempotency_key"]],
    "FlowRunFilterCreatedBy": lambda row: [],
    "TaskRunFilterId": lambda row: [row["id"]],
    "TaskRunFilterName": lambda row: [row["name"]],
    "TaskRunFilterTags": lambda row: row["tags"],
    "TaskRunFilterStateType": lambda row: [row["state_type"]],
    "TaskRunFilterStateName": lambda row: [row["state_name"]],
    "TaskRunFilterStartTime": lambda row: [row["start_time"], row["expected_start_time"]],
    "TaskRunFilterEndTime": lambda row: [row["end_time"]],
    "TaskRunFilterExpectedStartTime": lambda row: [row["expected_start_time"]],
    "TaskRunFilterSubFlowRuns": lambda row: [],
    "TaskRunFilterFlowRunId": lambda row: [row["flow_run_id"]],
    "DeploymentFilterId": lambda row: [row["id"]],
    "DeploymentFilterName": lambda row: [row["name"]],
    "DeploymentOrFlowNameFilter": lambda row: [row["name"], row["flow_name"]],
    "DeploymentFilterPaused": lambda row: [],
    "DeploymentFilterTags": lambda row: row["tags"],
    "DeploymentFilterWorkQueueName": lambda row: [row["work_queue_name"]],
    "DeploymentFilterConcurrencyLimit": lambda row: [1, 5],
    "WorkPoolFilterId": lambda row: [row["id"]],
    "WorkPoolFilterName": lambda row: [row["name"]],
    "WorkPoolFilterType": lambda row: [row["type"]],
    "WorkQueueFilterId": lambda row: [row["id"]],
    "WorkQueueFilterName": lambda row: [row["name"]],
    "LogFilterLevel": lambda row: [row["level"]],
    "LogFilterTimestamp": lambda row: [row["timestamp"]],
    "LogFilterFlowRunId": lambda row: [row["flow_run_id"]],
    "LogFilterTaskRunId": lambda row: [row["task_run_id"]],
    "VariableFilterId": lambda row: [row["id"]],
    "VariableFilterName": lambda row: [row["name"]],
    "VariableFilterTags": lambda row: row["tags"],
    "ArtifactFilterId": lambda row: [row["id"]],
    "ArtifactFilterKey": lambda row: [row["key"]],
    "ArtifactFilterFlowRunId": lambda row: [row["flow_run_id"]],
    "ArtifactFilterTaskRunId": lambda row: [row["task_run_id"]],
    "ArtifactFilterType": lambda row: [row["type"]],
    "ArtifactCollectionFilterLatestId": lambda row: [row["latest_id"]],
    "ArtifactCollectionFilterKey": lambda row: [row["key"]],
    "ArtifactCollectionFilterFlowRunId": lambda row: [row["flow_run_id"]],
    "ArtifactCollectionFilterTaskRunId": lambda row: [row["task_run_id"]],
    "ArtifactCollectionFilterType": lambda row: [row["type"]],
}
# The two operators of created_by ask for different things.
OPERATOR_VALUES: dict[tuple[str, str], Callable[[Row], list[Json]]] = {
    ("FlowRunFilterCreatedBy", "id_"): lambda row: [(row["created_by"] or {}).get("id")],
    ("FlowRunFilterCreatedBy", "type_"): lambda row: [(row["created_by"] or {}).get("type")],
}


# A row of each family that belong together, from which a tree draws values that meet in some answer.
Witness = dict[str, Row | None]


@dataclass(frozen=True)
class Rows:
    """All rows by family component."""

    by_family: dict[str, list[Row]]

    @cached_property
    def by_id(self) -> dict[str, Row]:
        return {row["id"]: row for rows in self.by_family.values() for row in rows}

    @cached_property
    def witnesses(self) -> list[Witness]:
        return [self._witness(task_run=row) for row in self.by_family["TaskRunFilter"]] + [
            self._witness(flow_run=row) for row in self.by_family["FlowRunFilter"]
        ]

    def values(self, family: str, criterion: Criterion, operator: str, row: Row | None = None) -> list[Json]:
        """What `row`, or any row, holds that the operator could ask for."""
        within = OPERATOR_VALUES.get((criterion.component, operator)) or VALUES[criterion.component]
        rows = self.by_family[family] if row is None else [row]
        return list(dict.fromkeys(value for row in rows for value in within(row) if value is not None))

    def _witness(self, *, task_run: Row | None = None, flow_run: Row | None = None) -> Witness:
        if task_run:
            flow_run = self.by_id.get(task_run["flow_run_id"])
        run = flow_run or {}
        deployment = self.by_id.get(run.get("deployment_id"))
        return {
            "TaskRunFilter": task_run,
            "FlowRunFilter": flow_run,
            "FlowFilter": self.by_id.get(run.get("flow_id")),
            "DeploymentFilter": deployment,
            "WorkPoolFilter": self.by_id.get(run.get("work_pool_id")),
            "WorkQueueFilter": self.by_id.get(run.get("work_queue_id") or (deployment or {}).get("work_queue_id")),
        }


async def read_rows(client: httpx.AsyncClient) -> Rows:
    by_family = {
        "FlowFilter": await _all(client, "/flows/filter"),
        "FlowRunFilter": await _all(client, "/flow_runs/filter", sort="ID_DESC"),
        "TaskRunFilter": await _all(client, "/task_runs/filter", sort="ID_DESC"),
        "DeploymentFilter": await _all(client, "/deployments/filter"),
        "WorkPoolFilter": await _all(client, "/work_pools/filter"),
        "WorkQueueFilter": await _all(client, "/work_queues/filter"),
        "LogFilter": await _all(client, "/logs/filter"),
        "VariableFilter": await _all(client, "/variables/filter"),
        "ArtifactFilter": await _all(client, "/artifacts/filter"),
        "ArtifactCollectionFilter": await _all(client, "/artifacts/latest/filter"),
    }
    return related(by_family)


def related(by_family: dict[str, list[Row]]) -> Rows:
    """The rows, each with the values of others that criteria ask for."""
    flow_names = {flow["id"]: flow["name"] for flow in by_family["FlowFilter"]}
    parents = {task_run["id"]: task_run["flow_run_id"] for task_run in by_family["TaskRunFilter"]}
    for deployment in by_family["DeploymentFilter"]:
        deployment["flow_name"] = flow_names[deployment["flow_id"]]
    for flow_run in by_family["FlowRunFilter"]:
        flow_run["parent_flow_run_id"] = parents.get(flow_run["parent_task_run_id"])
    return Rows(by_family)


async def _all(client: httpx.AsyncClient, path: str, **body: Json) -> list[Row]:
    rows: list[Row] = []
    while True:
        page = await client.post(path, json={**body, "limit": 200, "offset": len(rows)})
        page.raise_for_status()
        rows += page.json()
        if len(page.json()) < 200:
            return rows


def ask_for(rows: Rows, family: str, criterion: Criterion, operator: str, rng: random.Random, row: Row | None) -> Json:
    """A value for the operator: mostly of `row`, else of other rows, at times one that nothing holds."""
    asked = kind(criterion.operators[operator])
    own = rows.values(family, criterion, operator, row) if row else []
    if asked == "flag":
        return rng.random() < (0.8 if not own else 0.2)  # mostly true of `row`, since most flags ask for null
    others = rows.values(family, criterion, operator) or NOWHERE.get(asked, [None])
    if asked == "number":
        return rng.choice((0, 1, 2, 5))
    if asked == "text":
        return fragment(rng.choice(own or others), rng)
    if asked == "moment":
        return near(rng.choice(own or others), rng)
    if operator == "all_":  # each further tag makes an answer less likely
        return rng.sample(own, rng.randint(0, len(own))) if own and rng.random() < 0.8 else [rng.choice(others)]
    if operator == "startswith_":
        return [text[: rng.randint(0, 3)] for text in rng.sample(own or others, 1)]
    wanted = rng.sample(others, min(len(others), rng.choice((0, 1, 2, 8))))
    if rng.random() < 0.9:
        wanted += own
    if rng.random() < 0.1:
        wanted += NOWHERE[asked]
    return wanted


def fragment(text: str, rng: random.Random) -> str:
    """A piece of `text` in some other case, or characters that databases read as patterns."""
    if rng.random() < 0.2:
        return rng.choice(FRAGMENTS)
    start = rng.randrange(len(text)) if text else 0
    return rng.choice((str, str.upper, str.lower, str.swapcase))(text[start : start + rng.randint(1, 6)])


def near(moment: str, rng: random.Random) -> str:
    """`moment` or hardly beside it, spelt in one of the ways that clients have."""
    time = datetime.fromisoformat(moment) + timedelta(microseconds=rng.choice((-1, 0, 0, 0, 1)))
    return rng.choice((datetime.isoformat, lambda t: t.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), lambda t: t.isoformat(" ")))(
        time
    )
