"""The deployment API: runs of deployments, asked for one by one, in bulk, or by those who carry them out."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Path, Response

from lictor.errors import BadRequest
from lictor.http.client import CurrentClient
from lictor.http.created_by import Creator
from lictor.http.dependencies import CurrentDatabase, CurrentSettings, ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.paging import Limit
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.block_documents.dependencies import Keys
from lictor.resources.deployments.flow_runs import (
    Outcome,
    RunPlan,
    create_run,
    create_runs,
    deployment_row,
    plan_run,
    plan_runs,
)
from lictor.resources.deployments.polling import Poll, poll
from lictor.resources.deployments.run_schemas import MAX_BULK_RUNS, DeploymentFlowRunCreate, FlowRunBulkCreateResponse
from lictor.resources.flow_runs import queries as flow_runs
from lictor.resources.flow_runs.dependencies import CurrentHolder
from lictor.resources.flow_runs.schemas import FlowRunResponse
from lictor.validation.fields import MOMENT, DateTime

router = StrictRouter(prefix="/deployments", tags=["Deployments"])

Id = Annotated[UUID, Path(description="The deployment's id.")]


async def _planned(
    db: ReadDB, settings: CurrentSettings, keys: Keys, id: Id, flow_run: DeploymentFlowRunCreate
) -> RunPlan:
    async with db.connection() as connection:
        return await plan_run(connection, settings, keys, await deployment_row(connection, id), flow_run)


Planned = Annotated[RunPlan, Depends(_planned)]
"""The run that a request asks for, checked before its transaction begins."""


@router.post("/{id:uuid}/create_flow_run", response_model=FlowRunResponse, responses={201: {"model": FlowRunResponse}})
@through_fastapi
async def create_flow_run_from_deployment(
    plan: Planned, tx: WriteTx, settings: CurrentSettings, client: CurrentClient, creator: Creator
) -> Response:
    """Create a run of a deployment. One of the same flow and idempotency key is returned as it is."""
    flow_run_id, is_new = await create_run(tx, plan, creator, settings, client)
    recorded = await tx.object(flow_runs.FLOW_RUN, flow_runs.flow_run_by_id(flow_run_id))
    return RowsResponse(recorded, 201 if is_new else 200)


async def _planned_runs(
    db: ReadDB,
    settings: CurrentSettings,
    keys: Keys,
    id: Id,
    asked: Annotated[list[DeploymentFlowRunCreate], Body(alias="flow_runs", description="The runs to create.")],
) -> Sequence[Outcome]:
    if len(asked) > MAX_BULK_RUNS:
        raise BadRequest(f"Cannot create more than {MAX_BULK_RUNS} flow runs at once.")
    async with db.connection() as connection:
        return await plan_runs(connection, settings, keys, await deployment_row(connection, id), asked)


@router.post("/{id:uuid}/create_flow_run/bulk")
async def bulk_create_flow_runs_from_deployment(
    outcomes: Annotated[Sequence[Outcome], Depends(_planned_runs)],
    tx: WriteTx,
    settings: CurrentSettings,
    client: CurrentClient,
    creator: Creator,
) -> FlowRunBulkCreateResponse:
    """Create several runs of a deployment. One that cannot be created keeps no other from being so."""
    return FlowRunBulkCreateResponse(results=await create_runs(tx, outcomes, creator, settings, client))


@router.post("/get_scheduled_flow_runs", response_model=list[FlowRunResponse])
async def get_scheduled_flow_runs_for_deployments(
    db: CurrentDatabase,
    settings: CurrentSettings,
    holder: CurrentHolder,
    limit: Limit,
    deployment_ids: Annotated[list[UUID], Body(description="The deployments whose runs to carry out.")],
    scheduled_before: Annotated[
        DateTime | None, MOMENT, Body(description="The latest moment that a run may be scheduled for.")
    ] = None,
) -> Response:
    """List the scheduled runs of some deployments, those that are due first. For some seconds others do not get them."""
    asked = Poll(deployment_ids, scheduled_before, limit, holder.name)
    runs = await poll(db, asked, settings.work_pools.claim_lease)
    if runs:
        await holder.give_back_if_gone(db)
    return RowsResponse(runs)
