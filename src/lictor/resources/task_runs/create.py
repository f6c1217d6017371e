"""Recording a task run."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json, load_json
from lictor.errors import Conflict, invalid_field
from lictor.orchestration.task_runs import set_task_run_state
from lictor.resources.states.schemas import StateCreate, StateType
from lictor.resources.task_runs import queries
from lictor.resources.task_runs.schemas import TaskRunCreate, inputs_text, policy_text
from lictor.settings import TaskSettings


async def record_task_run(tx: Transaction, body: TaskRunCreate, settings: TaskSettings) -> tuple[UUID, bool]:
    """Records a task run in its first state, unless one with its keys is there; its id, and whether it is new."""
    _check_cache_key(body.cache_key, settings.max_cache_key_length)
    flow_id, labels = await _inherited(tx, body)
    if body.flow_run_id is None:
        # No unique constraint holds among runs outside of flow runs, as a null equals no other.
        await tx.lock("task_run", body.task_key, body.dynamic_key)
        if (known := await _id_of_same_keys(tx, body)) is not None:
            return known, False
    new = body.id or uuid7()
    if not await tx.changed(queries.insert_task_run(_row(new, body, flow_id, labels))):
        return cast("UUID", await _id_of_same_keys(tx, body)), False  # the insert has met it
    await set_task_run_state(tx, new, body.state or StateCreate(type=StateType.PENDING), True, settings)
    return new, True


def _check_cache_key(key: str | None, longest: int) -> None:
    if key is not None and len(key) > longest:
        message = f"Cache key exceeded maximum allowed length of {longest} characters."
        raise invalid_field(("body", "cache_key"), message, key)


async def _id_of_same_keys(tx: Transaction, body: TaskRunCreate) -> UUID | None:
    keys = queries.task_run_of_keys(body.flow_run_id, body.task_key, body.dynamic_key)
    return cast("UUID | None", await tx.scalar(keys))


async def _inherited(tx: Transaction, body: TaskRunCreate) -> tuple[UUID | None, dict[str, Any]]:
    """The flow, and the labels: those that the flow run has, the one that names it, and those given, which win."""
    if body.flow_run_id is None:
        return None, body.labels or {}
    flow_run = await tx.first(queries.inherited_from(body.flow_run_id))
    if flow_run is None:
        raise Conflict(f"flow_run_id: there is no flow run {body.flow_run_id}.")
    inherited = load_json(flow_run.labels) if flow_run.labels is not None else {}
    return flow_run.flow_id, {**inherited, "prefect.flow-run.id": str(body.flow_run_id), **(body.labels or {})}


def _row(id: UUID, body: TaskRunCreate, flow_id: UUID | None, labels: dict[str, Any]) -> dict[str, Any]:
    now = utc_now()
    return {
        "id": id,
        "created": now,
        "updated": now,
        "name": body.name,
        "flow_run_id": body.flow_run_id,
        "flow_id": flow_id,
        "task_key": body.task_key,
        "dynamic_key": body.dynamic_key,
        "cache_key": body.cache_key,
        "cache_expiration": body.cache_expiration,
        "task_version": body.task_version,
        "empirical_policy": policy_text(body.empirical_policy),
        "task_inputs": inputs_text(body.task_inputs),
        "tags": body.tags,
        "labels": dump_json(labels),
        "total_run_time": timedelta(0),
    }
