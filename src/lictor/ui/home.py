"""What the first page asks: everything that may need a person, read on one connection."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lictor.db.engine import Connection, Reader
from lictor.resources.concurrency_limits.queries import global_limit_list
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flow_runs.queries import flow_run_list
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.work_pools.queries import WORK_POOL, work_pool_list
from lictor.resources.work_pools.schemas import WorkPoolStatus
from lictor.ui import queries

COUNT_BOUND = 10_000
RUNS = 8
LISTED = 200
"""How many work pools and limits are looked at."""


@dataclass(frozen=True)
class Question:
    """Flow runs that are alike in what they need: which they are, and which of them come first."""

    filter: dict[str, Any]
    sort: FlowRunSort


def _questions(since: datetime) -> dict[str, Question]:
    ended = {"end_time": {"after_": since}}
    return {
        "failed": Question({"state": {"type": {"any_": ["FAILED", "CRASHED"]}}, **ended}, FlowRunSort.END_TIME_DESC),
        "late": Question({"state": {"name": {"any_": ["Late"]}}}, FlowRunSort.EXPECTED_START_TIME_ASC),
        "paused": Question({"state": {"type": {"any_": ["PAUSED"]}}}, FlowRunSort.START_TIME_DESC),
        "running": Question({"state": {"type": {"any_": ["RUNNING"]}}}, FlowRunSort.START_TIME_DESC),
        "scheduled": Question(
            {"state": {"type": {"any_": ["SCHEDULED"]}, "name": {"not_any_": ["Late"]}}},
            FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
        ),
    }


async def read_home(db: Reader, since: datetime) -> dict[str, Any]:
    """The content of the first page; failures count from a moment on."""
    async with db.slow.connection() as connection:
        found = {name: await _attention(connection, question) for name, question in _questions(since).items()}
        pools = await connection.objects(*_first(work_pool_list(WORK_POOL, {})))
        limits = await connection.objects(*_first(global_limit_list()))
    idle = [pool for pool in pools if pool["is_paused"] or pool["status"] == WorkPoolStatus.NOT_READY]
    full = [each for each in limits if each["active"] and 0 < each["limit"] <= each["active_slots"]]
    return {**found, "work_pools": idle, "limits": full}


def _first(listing: Any) -> tuple[Any, Any]:
    return listing.shape, listing.part(LISTED, 0)


async def _attention(connection: Connection, question: Question) -> dict[str, Any]:
    filters = {"flow_runs": FlowRunFilter.model_validate(question.filter)}
    counted = await connection.scalar(queries.flow_runs_up_to(filters, COUNT_BOUND + 1))
    listing = flow_run_list(filters, question.sort)
    runs = await connection.objects(listing.shape, listing.part(RUNS, 0)) if counted else []
    return {
        "count": {"count": min(counted, COUNT_BOUND), "is_more": counted > COUNT_BOUND},
        "runs": await queries.name_flow_runs(connection, runs),
    }
