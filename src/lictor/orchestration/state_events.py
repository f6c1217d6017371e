"""The events that tell of flow runs which enter states."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from lictor.db.types import load_json
from lictor.events.emit import Labels, emit, own_event, resource
from lictor.events.schemas import ID, NAME, ROLE
from lictor.orchestration.engine import Transition
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_runs.table import flow_run
from lictor.resources.flows.table import flow
from lictor.resources.states.schemas import State, StateType
from lictor.resources.task_runs.table import task_run
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.validation.fields import shortened

MAX_MESSAGE_CHARACTERS = 100_000
MAX_TOLD_TAGS = 500
"""An event names no more of the tags of its run: each is a related resource, with a row of its own."""

TIGHT = timedelta(minutes=5)
"""Events further apart than that are in order by their times alone."""

CREATORS = {"DEPLOYMENT": "deployment", "AUTOMATION": "automation"}


async def announce(t: Transition, state: State) -> None:
    """Writes the event that tells of a flow run's new state. It bears the state's id."""
    run = await t.tx.first(_run_and_what_it_belongs_to(t))
    assert run is not None
    labels = {
        "prefect.run-count": str(run.run_count),
        "prefect.state-message": _message(state),
        "prefect.state-name": state.name or "",
        "prefect.state-timestamp": state.timestamp.isoformat(),
        "prefect.state-type": state.type.value,
    }
    event = own_event(
        f"prefect.flow-run.{state.name}",
        resource("flow-run", run.id, run.name, labels=labels),
        related=_related(run),
        id=state.id,
        occurred=state.timestamp,
        payload={
            "intended": {"from": t.initial_type, "to": state.type},
            "initial_state": _told(t.initial),
            "validated_state": _told(state),
        },
        follows=t.initial.id if t.initial is not None and _is_close(t.initial, state) else None,
    )
    await emit(t.tx, event)


def _run_and_what_it_belongs_to(t: Transition) -> sa.Select[Any]:
    return (
        sa.select(
            flow_run.c.id,
            flow_run.c.name,
            flow_run.c.tags,
            flow_run.c.run_count,
            flow_run.c.created_by,
            *_named("flow", flow),
            flow.c.tags.label("flow_tags"),
            *_named("deployment", deployment),
            deployment.c.tags.label("deployment_tags"),
            *_named("queue", work_queue),
            *_named("pool", work_pool),
            work_pool.c.type.label("pool_type"),
            *_named("task_run", task_run),
            task_run.c.tags.label("task_run_tags"),
        )
        .select_from(
            flow_run.join(flow, flow.c.id == flow_run.c.flow_id)
            .outerjoin(deployment, deployment.c.id == flow_run.c.deployment_id)
            .outerjoin(work_queue, work_queue.c.id == flow_run.c.work_queue_id)
            .outerjoin(work_pool, work_pool.c.id == work_queue.c.work_pool_id)
            .outerjoin(task_run, task_run.c.id == flow_run.c.parent_task_run_id)
        )
        .where(flow_run.c.id == t.run.id)
    )


def _named(what: str, table: sa.Table) -> list[sa.ColumnElement[Any]]:
    return [table.c.id.label(f"{what}_id"), table.c.name.label(f"{what}_name")]


def _related(run: sa.Row[Any]) -> Iterator[Labels]:
    """What the run belongs to, its tags, and who made it."""
    for role, id, name in (
        ("flow", run.flow_id, run.flow_name),
        ("deployment", run.deployment_id, run.deployment_name),
        ("work-queue", run.queue_id, run.queue_name),
    ):
        if id is not None:
            yield {ID: f"prefect.{role}.{id}", ROLE: role, NAME: name}
    if run.pool_id is not None:
        named = {ID: f"prefect.work-pool.{run.pool_id}", ROLE: "work-pool", NAME: run.pool_name}
        yield {**named, "prefect.work-pool.type": run.pool_type}
    if run.task_run_id is not None:
        yield {ID: f"prefect.task-run.{run.task_run_id}", ROLE: "task-run", NAME: run.task_run_name}
    tags = {*run.tags, *run.flow_tags, *(run.deployment_tags or ()), *(run.task_run_tags or ())}
    yield from ({ID: shortened(f"prefect.tag.{tag}"), ROLE: "tag"} for tag in sorted(tags)[:MAX_TOLD_TAGS])
    creator = load_json(run.created_by or "{}")
    if kind := CREATORS.get(creator.get("type") or ""):
        made = {ID: f"prefect.{kind}.{creator.get('id')}", ROLE: "creator"}
        yield made | ({NAME: name} if (name := creator.get("display_value")) else {})


def _message(state: State) -> str:
    message = state.message or ""
    if len(message) <= MAX_MESSAGE_CHARACTERS:
        return message
    half = MAX_MESSAGE_CHARACTERS // 2
    return f"{message[:half]} … {message[-half:]}"


def _told(state: State | None) -> Labels | None:
    if state is None:
        return None
    told = {"type": state.type.value}
    if state.name:
        told["name"] = state.name
    if state.message:
        told["message"] = _message(state)
    if state.type is StateType.PAUSED:
        told["pause_reschedule"] = str(state.state_details.pause_reschedule).lower()
    return told


def _is_close(before: State, after: State) -> bool:
    return abs(after.timestamp - before.timestamp) < TIGHT
