"""The artifact API."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Depends, Path, Response

from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.query.filter_key import Filters
from lictor.resources.artifacts import queries
from lictor.resources.artifacts.filters import ArtifactCollectionFilter, ArtifactFilter
from lictor.resources.artifacts.schemas import (
    Artifact,
    ArtifactCollection,
    ArtifactCollectionSort,
    ArtifactCreate,
    ArtifactSort,
    ArtifactUpdate,
)
from lictor.resources.artifacts.writes import change_artifact, drop_artifact, make_artifact
from lictor.resources.filter_sets import RunFilters

router = StrictRouter(prefix="/artifacts", tags=["Artifacts"])

Id = Annotated[UUID, Path(description="The artifact's id.")]


async def _with_artifacts(filters: RunFilters, artifacts: ArtifactFilter | None = None) -> Filters:
    return {**filters, "artifacts": artifacts}


async def _with_latest(filters: RunFilters, artifacts: ArtifactCollectionFilter | None = None) -> Filters:
    return {**filters, "artifacts": artifacts}


OfArtifacts = Annotated[Filters, Depends(_with_artifacts)]
OfLatest = Annotated[Filters, Depends(_with_latest)]


@router.post("/", response_model=Artifact, responses={201: {"model": Artifact}})
@through_fastapi
async def create_artifact(tx: WriteTx, artifact: ArtifactCreate) -> Response:
    """Keep an artifact. If it has a key, it is the latest of that from now on."""
    id = await make_artifact(tx, artifact)
    return RowsResponse(await tx.object(queries.ARTIFACT, queries.artifact_by_id(id)), 201)


@router.get("/{id:uuid}", response_model=Artifact)
async def read_artifact(db: ReadDB, id: Id) -> Response:
    """Read an artifact."""
    artifact = await db.object(queries.ARTIFACT, queries.artifact_by_id(id))
    if artifact is None:
        raise NotFound("Artifact not found.")
    return RowsResponse(artifact)


@router.get("/{key}/latest", response_model=Artifact)
async def read_latest_artifact(db: ReadDB, key: Annotated[str, Path(description="The artifact's key.")]) -> Response:
    """Read the latest artifact of a key."""
    artifact = await db.object(queries.LATEST_ARTIFACT, queries.latest_by_key(key))
    if artifact is None:
        raise NotFound("Artifact not found.")
    return RowsResponse(artifact)


@router.post("/filter", response_model=list[Artifact])
async def read_artifacts(
    db: ReadDB,
    page_params: PageParams,
    filters: OfArtifacts,
    sort: Annotated[ArtifactSort, Body(description="In which order to list the artifacts.")] = ArtifactSort.ID_DESC,
) -> Response:
    """List the artifacts that match."""
    return await list_response(db, queries.artifact_list(filters, sort), page_params)


@router.post("/latest/filter", response_model=list[ArtifactCollection])
async def read_latest_artifacts(
    db: ReadDB,
    page_params: PageParams,
    filters: OfLatest,
    sort: Annotated[
        ArtifactCollectionSort, Body(description="In which order to list the artifacts.")
    ] = ArtifactCollectionSort.ID_DESC,
) -> Response:
    """List the latest artifacts of their keys that match."""
    return await list_response(db, queries.latest_list(filters, sort), page_params)


@router.post("/count")
async def count_artifacts(db: ReadDB, filters: OfArtifacts) -> int:
    """Count the artifacts that match."""
    count: int = await db.slow.scalar(queries.artifact_count(filters))
    return count


@router.post("/latest/count")
async def count_latest_artifacts(db: ReadDB, filters: OfLatest) -> int:
    """Count the latest artifacts of their keys that match."""
    count: int = await db.slow.scalar(queries.latest_count(filters))
    return count


@router.patch("/{id:uuid}", status_code=204)
async def update_artifact(tx: WriteTx, id: Id, artifact: ArtifactUpdate) -> None:
    """Change an artifact in place. What is not given stays as it is."""
    await change_artifact(tx, id, artifact)


@router.delete("/{id:uuid}", status_code=204)
async def delete_artifact(tx: WriteTx, id: Id) -> None:
    """Delete an artifact. If it was the latest of its key, the one before it is that again."""
    await drop_artifact(tx, id)
