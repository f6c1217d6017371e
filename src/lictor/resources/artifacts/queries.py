"""Statements on artifacts, and on the latest ones of their keys."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery
from lictor.db.functions import Statement, insert_or_change
from lictor.db.ids import uuid7
from lictor.db.row_serializer import RowSerializer
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.relations import Relation, to_one
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.artifacts.schemas import ArtifactCollectionSort, ArtifactSort
from lictor.resources.artifacts.table import artifact, artifact_collection
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.table import flow
from lictor.resources.task_runs.table import task_run

_CONTENT = {
    "type": artifact.c.type,
    "description": artifact.c.description,
    "data": artifact.c.data,
    "metadata_": artifact.c.metadata_,
    "flow_run_id": artifact.c.flow_run_id,
    "task_run_id": artifact.c.task_run_id,
}

ARTIFACT = RowSerializer(
    {
        "id": artifact.c.id,
        "created": artifact.c.created,
        "updated": artifact.c.updated,
        "key": artifact.c.key,
        **_CONTENT,
    }
)

_OF_KEY = {
    "id": artifact_collection.c.id,
    "created": artifact_collection.c.created,
    "updated": artifact_collection.c.updated,
    "key": artifact_collection.c.key,
}

LATEST_ARTIFACT = RowSerializer({**_OF_KEY, **_CONTENT})
"""The latest artifact of a key, under the id of the key's record, as Prefect shows it."""

ARTIFACT_COLLECTION = RowSerializer({**_OF_KEY, "latest_id": artifact_collection.c.latest_id, **_CONTENT})

_with_latest = artifact_collection.join(artifact, artifact.c.id == artifact_collection.c.latest_id)


def _runs(table: sa.Table) -> tuple[Relation, ...]:
    return (
        to_one(
            "flow_runs",
            flow_run,
            table.c.flow_run_id,
            to_one("flows", flow, flow_run.c.flow_id),
            to_one("deployments", deployment, flow_run.c.deployment_id),
        ),
        to_one("task_runs", task_run, table.c.task_run_id),
    )


ARTIFACTS = ResourceQuery(
    "artifacts",
    artifact,
    _runs(artifact),
    {
        ArtifactSort.CREATED_DESC: Order(artifact.c.created, descending=True),
        ArtifactSort.UPDATED_DESC: Order(artifact.c.updated, descending=True),
        ArtifactSort.ID_DESC: Order(artifact.c.id, descending=True),
        ArtifactSort.KEY_DESC: Order(artifact.c.key, descending=True),
        ArtifactSort.KEY_ASC: Order(artifact.c.key),
    },
)

COLLECTIONS = ResourceQuery(
    "artifacts",
    artifact_collection,
    _runs(artifact_collection),
    {
        ArtifactCollectionSort.CREATED_DESC: Order(artifact_collection.c.created, descending=True),
        ArtifactCollectionSort.UPDATED_DESC: Order(artifact_collection.c.updated, descending=True),
        ArtifactCollectionSort.ID_DESC: Order(artifact_collection.c.id, descending=True),
        ArtifactCollectionSort.KEY_DESC: Order(artifact_collection.c.key, descending=True),
        ArtifactCollectionSort.KEY_ASC: Order(artifact_collection.c.key),
    },
)


_ARTIFACTS = ARTIFACT.select().select_from(artifact)
_LATEST = ARTIFACT_COLLECTION.select().select_from(_with_latest)


def artifact_list(filters: Filters, sort: ArtifactSort) -> ListQuery:
    """The artifacts that match, in order."""
    return ListQuery(ARTIFACTS, ARTIFACT, _ARTIFACTS, filters, sort)


def artifact_count(filters: Filters) -> BoundQuery:
    """How many artifacts match."""
    return ARTIFACTS.count(filters)


def latest_list(filters: Filters, sort: ArtifactCollectionSort) -> ListQuery:
    """The latest artifacts of their keys that match, in order."""
    return ListQuery(COLLECTIONS, ARTIFACT_COLLECTION, _LATEST, filters, sort)


def latest_count(filters: Filters) -> BoundQuery:
    """How many of the latest artifacts of their keys match."""
    return COLLECTIONS.count(filters)


def artifact_by_id(id: UUID) -> Statement:
    """One artifact."""
    return ARTIFACT.select().where(artifact.c.id == id)


def latest_by_key(key: str) -> Statement:
    """The latest artifact of a key."""
    return LATEST_ARTIFACT.select().select_from(_with_latest).where(artifact_collection.c.key == key)


def collection_row(key: str) -> Statement:
    """The record of a key, with what its latest artifact holds."""
    content = (artifact.c.type, artifact.c.data, artifact.c.description, artifact.c.flow_run_id, artifact.c.task_run_id)
    collection = (artifact_collection.c.id, artifact_collection.c.key, artifact_collection.c.latest_id)
    return sa.select(*collection, *content).select_from(_with_latest).where(artifact_collection.c.key == key)


def insert_artifact(row: Mapping[str, Any]) -> sa.Insert:
    """A new artifact."""
    return sa.insert(artifact).values(row)


def make_latest(row: Mapping[str, Any]) -> sa.Insert:
    """Makes an artifact the latest of its key."""
    changes = {
        "latest_id": row["id"],
        **{name: row[name] for name in ("updated", "type", "flow_run_id", "task_run_id")},
    }
    first = {"id": uuid7(), "created": row["created"], "key": row["key"], **changes}
    return insert_or_change(artifact_collection, first, "key", changes=changes)


def make_latest_instead(id: UUID, other: sa.Row[Any]) -> sa.Update:
    """Makes another artifact the latest of its key, if this one is."""
    return sa.update(artifact_collection).where(artifact_collection.c.latest_id == id).values(other._asdict())


def forget_key(id: UUID) -> sa.Delete:
    """Deletes the record of the key that an artifact is the latest of."""
    return sa.delete(artifact_collection).where(artifact_collection.c.latest_id == id)


def key_of_artifact(id: UUID) -> Statement:
    """The key of an artifact."""
    return sa.select(artifact.c.key).where(artifact.c.id == id)


def latest_besides(id: UUID, key: str) -> Statement:
    """What the record of a key says when its latest artifact is the one besides this one."""
    columns = (artifact.c.created, artifact.c.updated, artifact.c.type, artifact.c.flow_run_id, artifact.c.task_run_id)
    return (
        sa.select(artifact.c.id.label("latest_id"), *columns)
        .where(artifact.c.key == key, artifact.c.id != id)
        .order_by(artifact.c.created.desc(), artifact.c.id.desc())
        .limit(1)
    )


def update_artifact(id: UUID, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of an artifact."""
    return sa.update(artifact).where(artifact.c.id == id).values(**changes, updated=utc_now())


def update_collection(id: UUID) -> sa.Update:
    """Tells the record of its key that an artifact has changed, if it is the latest."""
    return sa.update(artifact_collection).where(artifact_collection.c.latest_id == id).values(updated=utc_now())


def delete_artifact(id: UUID) -> sa.Delete:
    """Deletes an artifact."""
    return sa.delete(artifact).where(artifact.c.id == id)
