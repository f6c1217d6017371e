"""The API of automations."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Path, Response

from lictor.errors import ObjectNotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.automations import queries, writes
from lictor.resources.automations.filters import AutomationFilter
from lictor.resources.automations.schemas import (
    Automation,
    AutomationCreate,
    AutomationPartialUpdate,
    AutomationSort,
    AutomationUpdate,
)
from lictor.resources.block_documents.dependencies import Keys
from lictor.templates import InvalidTemplate, validate

router = StrictRouter(prefix="/automations", tags=["Automations"])
templates_router = StrictRouter(tags=["Automations"])

Id = Annotated[UUID, Path(description="The automation's id.")]
ResourceId = Annotated[str, Path(description="The resource's id.", examples=["prefect.deployment.0a1b2c3d"])]
RENDERABLE: dict[int | str, dict[str, Any]] = {204: {"description": "The template can be rendered."}}
"""What is answered to templates beside the 200 of Prefect's document, which neither server answers."""


@router.post("/", response_model=Automation, status_code=201)
@through_fastapi
async def create_automation(tx: WriteTx, keys: Keys, automation: AutomationCreate) -> Response:
    """Create an automation."""
    id = await writes.create_automation(tx, keys, automation)
    return RowsResponse(await tx.object(queries.AUTOMATION, queries.automation_by_id(id)), 201)


@router.put("/{id:uuid}", status_code=204)
async def replace_automation(tx: WriteTx, keys: Keys, id: Id, automation: AutomationUpdate) -> None:
    """Put another automation in the place of one. What is not given of it stays."""
    await writes.replace_automation(tx, keys, id, automation)


@router.patch("/{id:uuid}", status_code=204)
async def update_automation(tx: WriteTx, id: Id, automation: AutomationPartialUpdate) -> None:
    """Enable or disable an automation."""
    await writes.update_automation(tx, id, automation)


@router.delete("/{id:uuid}", status_code=204)
async def delete_automation(tx: WriteTx, id: Id) -> None:
    """Delete an automation."""
    await writes.delete_automation(tx, id)


@router.post("/filter", response_model=list[Automation])
async def read_automations(
    db: ReadDB,
    page_params: PageParams,
    automations: Annotated[AutomationFilter | None, Body(description="What to ask of the automations.")] = None,
    sort: Annotated[AutomationSort, Body(description="In which order to list them.")] = AutomationSort.NAME_ASC,
) -> Response:
    """List the automations that match."""
    return await list_response(db, queries.automation_list({"automations": automations}, sort), page_params)


@router.post("/count")
async def count_automations(
    db: ReadDB,
    automations: Annotated[
        AutomationFilter | None, Body(embed=True, description="What to ask of the automations.")
    ] = None,
) -> int:
    """Count the automations that match."""
    count: int = await db.slow.scalar(queries.automation_count({"automations": automations}))
    return count


@router.get("/{id:uuid}", response_model=Automation)
async def read_automation(db: ReadDB, id: Id) -> Response:
    """Read an automation."""
    found = await db.object(queries.AUTOMATION, queries.automation_by_id(id))
    if found is None:
        raise ObjectNotFound("Automation not found")
    return RowsResponse(found)


@router.get("/related-to/{resource_id}", response_model=list[Automation])
async def read_automations_related_to_resource(db: ReadDB, resource_id: ResourceId) -> Response:
    """List the automations that a resource has a part in."""
    return RowsResponse(await db.objects(queries.AUTOMATION, queries.automations_related_to(resource_id)))


@router.delete("/owned-by/{resource_id}", status_code=202)
async def delete_automations_owned_by_resource(tx: WriteTx, resource_id: ResourceId) -> None:
    """Delete the automations that belong to a resource."""
    await writes.delete_automations_owned_by(tx, resource_id)


@templates_router.post("/templates/validate", response_class=Response, responses=RENDERABLE)
@templates_router.post("/automations/templates/validate", response_class=Response, responses=RENDERABLE)
@through_fastapi
async def validate_template(
    template: Annotated[str, Body(description="A template, as a JSON string.")] = "",
) -> Response:
    """Say whether a template can be rendered: 204, or 422 with the line that is wrong and why."""
    try:
        validate(template)
    except InvalidTemplate as error:
        return RowsResponse({"error": {"line": error.line, "message": error.message, "source": template}}, 422)
    return Response(status_code=204)
