"""The API of flow run notification policies. Clients of Prefect 3.0 to 3.3 know it; servers of 3.9 do not."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Response

from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.block_documents.dependencies import Keys
from lictor.resources.flow_run_notification_policies import queries, writes
from lictor.resources.flow_run_notification_policies.filters import FlowRunNotificationPolicyFilter
from lictor.resources.flow_run_notification_policies.schemas import (
    FlowRunNotificationPolicy,
    FlowRunNotificationPolicyCreate,
    FlowRunNotificationPolicyUpdate,
)

router = StrictRouter(prefix="/flow_run_notification_policies", tags=["Flow Run Notification Policies"])

NOT_OF_THE_VERSION_SERVED = {"x-lictor": True}

Id = Annotated[UUID, Path(description="The policy's id.")]


@router.post("/", response_model=FlowRunNotificationPolicy, status_code=201, openapi_extra=NOT_OF_THE_VERSION_SERVED)
@through_fastapi
async def create_flow_run_notification_policy(
    tx: WriteTx, keys: Keys, flow_run_notification_policy: FlowRunNotificationPolicyCreate
) -> Response:
    """Create a flow run notification policy: an automation that sends a message when flow runs enter states."""
    id = await writes.create_policy(tx, keys, flow_run_notification_policy)
    return RowsResponse(await tx.object(queries.POLICY, queries.policy_by_id(id)), 201)


@router.patch("/{id:uuid}", status_code=204, openapi_extra=NOT_OF_THE_VERSION_SERVED)
async def update_flow_run_notification_policy(
    tx: WriteTx, keys: Keys, id: Id, flow_run_notification_policy: FlowRunNotificationPolicyUpdate
) -> None:
    """Change a flow run notification policy."""
    await writes.update_policy(tx, keys, id, flow_run_notification_policy)


@router.get("/{id:uuid}", response_model=FlowRunNotificationPolicy, openapi_extra=NOT_OF_THE_VERSION_SERVED)
async def read_flow_run_notification_policy(db: ReadDB, id: Id) -> Response:
    """Read a flow run notification policy."""
    found = await db.object(queries.POLICY, queries.policy_by_id(id))
    if found is None:
        raise NotFound("Flow run notification policy not found")
    return RowsResponse(found)


@router.post("/filter", response_model=list[FlowRunNotificationPolicy], openapi_extra=NOT_OF_THE_VERSION_SERVED)
async def read_flow_run_notification_policies(
    db: ReadDB,
    page_params: PageParams,
    flow_run_notification_policy_filter: Annotated[
        FlowRunNotificationPolicyFilter | None, Body(description="What to ask of the policies.")
    ] = None,
) -> Response:
    """List the flow run notification policies that match, the first made first."""
    filters = {"flow_run_notification_policies": flow_run_notification_policy_filter}
    return await list_response(db, queries.policy_list(filters), page_params)


@router.delete("/{id:uuid}", status_code=204, openapi_extra=NOT_OF_THE_VERSION_SERVED)
async def delete_flow_run_notification_policy(tx: WriteTx, id: Id) -> None:
    """Delete a flow run notification policy."""
    await writes.delete_policy(tx, id)
