"""The API of what flow runs are told while they run."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Response
from fastapi.responses import PlainTextResponse

from lictor.errors import Conflict, NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.paging import MAX_OFFSET
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.flow_run_inputs import queries
from lictor.resources.flow_run_inputs.schemas import FlowRunInput, InputKey

router = StrictRouter(prefix="/flow_runs", tags=["Flow Runs"])

Id = Annotated[UUID, Path(description="The flow run's id.")]
Key = Annotated[str, Path(description="The input's key.")]


@router.post("/{id:uuid}/input", status_code=201)
async def create_flow_run_input(
    tx: WriteTx,
    id: Id,
    key: Annotated[InputKey, Body(description="What the input is called.")],
    value: Annotated[bytes, Body(description="What the flow run is told.")],
    sender: Annotated[str | None, Body(description="Who tells it.")] = None,
) -> None:
    """Tell a flow run something, under a key of its own."""
    if await tx.first(queries.flow_run_kept(id)) is None:
        raise NotFound("Flow run not found")
    if not await tx.changed(queries.insert_input(id, key, value.decode(), sender)):
        raise Conflict("A flow run input with this key already exists.")


@router.post("/{id:uuid}/input/filter", response_model=list[FlowRunInput])
@through_fastapi
async def filter_flow_run_input(
    db: ReadDB,
    id: Id,
    prefix: Annotated[str, Body(description="How the keys begin.", embed=True)],
    limit: Annotated[int, Body(ge=0, le=MAX_OFFSET, description="How many inputs to return at most.", embed=True)] = 1,
    exclude_keys: Annotated[list[str], Body(description="Keys to leave out.", embed=True)] = [],  # noqa: B006
) -> Response:
    """List what a flow run was told under keys that begin alike, the first told first."""
    statement = queries.inputs_of(id, prefix, exclude_keys, limit)
    return RowsResponse(await db.objects(queries.FLOW_RUN_INPUT, statement))


@router.get("/{id:uuid}/input/{key}", response_model=None)
async def read_flow_run_input(db: ReadDB, id: Id, key: Key) -> PlainTextResponse:
    """Read what a flow run was told under a key."""
    value = await db.scalar(queries.value_of(id, key))
    if value is None:
        raise NotFound("Flow run input not found")
    return PlainTextResponse(value)


@router.delete("/{id:uuid}/input/{key}", status_code=204)
async def delete_flow_run_input(tx: WriteTx, id: Id, key: Key) -> None:
    """Delete what a flow run was told under a key."""
    if not await tx.changed(queries.delete_inputs(id, [key])):
        raise NotFound("Flow run input not found")
