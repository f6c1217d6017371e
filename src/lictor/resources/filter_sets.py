"""The families that one request may ask at once, as parameters of its body."""

from typing import Annotated

from fastapi import Depends

from lictor.query.filter_key import Filters
from lictor.resources.deployments.filters import DeploymentFilter
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.work_pools.filters import WorkPoolFilter, WorkQueueFilter


async def _of_runs(
    flows: FlowFilter | None = None,
    flow_runs: FlowRunFilter | None = None,
    task_runs: TaskRunFilter | None = None,
    deployments: DeploymentFilter | None = None,
) -> Filters:
    return {"flows": flows, "flow_runs": flow_runs, "task_runs": task_runs, "deployments": deployments}


RunFilters = Annotated[Filters, Depends(_of_runs)]
"""`flows`, `flow_runs`, `task_runs` and `deployments`."""


async def _with_work_pools(filters: RunFilters, work_pools: WorkPoolFilter | None = None) -> Filters:
    return {**filters, "work_pools": work_pools}


PoolFilters = Annotated[Filters, Depends(_with_work_pools)]
"""The same and `work_pools`."""


async def _with_work_pool_queues(filters: PoolFilters, work_pool_queues: WorkQueueFilter | None = None) -> Filters:
    return {**filters, "work_queues": work_pool_queues}


QueueFilters = Annotated[Filters, Depends(_with_work_pool_queues)]
"""The same and queues, which most routes call `work_pool_queues`."""


async def _with_work_queues(filters: PoolFilters, work_queues: WorkQueueFilter | None = None) -> Filters:
    return {**filters, "work_queues": work_queues}


HistoryFilters = Annotated[Filters, Depends(_with_work_queues)]
"""The same and queues, which the history of flow runs calls `work_queues`."""


async def _of_dashboard(
    flows: FlowFilter | None = None,
    flow_runs: FlowRunFilter | None = None,
    deployments: DeploymentFilter | None = None,
    work_pools: WorkPoolFilter | None = None,
    work_queues: WorkQueueFilter | None = None,
) -> Filters:
    return {
        "flows": flows,
        "flow_runs": flow_runs,
        "deployments": deployments,
        "work_pools": work_pools,
        "work_queues": work_queues,
    }


DashboardFilters = Annotated[Filters, Depends(_of_dashboard)]
"""What the dashboard asks besides `task_runs`, which it cannot do without."""
