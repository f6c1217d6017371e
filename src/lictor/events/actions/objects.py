"""What templates of actions see: the automation, its firing, events, and the objects that the event speaks of."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from lictor import sandbox
from lictor.db.engine import Connection
from lictor.db.row_serializer import RowSerializer
from lictor.db.types import load_json
from lictor.events.actions.attempt import ActionFailed, Attempt, uuid_in
from lictor.events.schemas import ID
from lictor.resources.concurrency_limits.queries import WHOLE_GLOBAL_LIMIT
from lictor.resources.concurrency_limits.table import global_limit
from lictor.resources.deployments.queries import DEPLOYMENT, deployment_by_id
from lictor.resources.flow_runs.queries import FLOW_RUN, flow_run_by_id
from lictor.resources.flows.queries import FLOW, flow_by_id
from lictor.resources.task_runs.queries import TASK_RUN, task_run_by_id
from lictor.resources.variables.table import variable
from lictor.resources.work_pools.queries import WORK_POOL, WORK_QUEUE, work_queue_by_id
from lictor.resources.work_pools.table import work_pool
from lictor.sandbox import OverBudget, SandboxError
from lictor.templates import InvalidTemplate, is_template, names_in
from lictor.templates.objects import of_kind

MAX_VARIABLES = 1_000

_STATE = {
    "type": "prefect.state-type",
    "name": "prefect.state-name",
    "message": "prefect.state-message",
    "timestamp": "prefect.state-timestamp",
}
"""Where an event tells the state that a run was in, which it may have left since."""

Finder = Callable[[UUID], Any]


def _pool_by_id(id: UUID) -> Any:
    return WORK_POOL.select().where(work_pool.c.id == id)


def _limit_by_id(id: UUID) -> Any:
    return WHOLE_GLOBAL_LIMIT.select().where(global_limit.c.id == id)


OBJECTS: Mapping[str, tuple[RowSerializer, Finder]] = {
    "deployment": (DEPLOYMENT, deployment_by_id),
    "flow": (FLOW, flow_by_id),
    "flow_run": (FLOW_RUN, flow_run_by_id),
    "task_run": (TASK_RUN, task_run_by_id),
    "work_pool": (WORK_POOL, _pool_by_id),
    "work_queue": (WORK_QUEUE, work_queue_by_id),
    "concurrency_limit": (WHOLE_GLOBAL_LIMIT, _limit_by_id),
}


async def render_all(attempt: Attempt, templates: list[str]) -> list[str]:
    """The texts of templates. Raises ActionFailed."""
    try:
        names = {name for template in templates if is_template(template) for name in names_in(template)}
        context = await _context(attempt, names)
        if not any(map(is_template, templates)):
            return templates
        ui_url = attempt.settings.automations.ui_url
        rendered: list[str] = await sandbox.call("templates.render_all", templates, context, ui_url)
    except (InvalidTemplate, SandboxError, OverBudget) as error:
        attempt.result["template_error"] = str(error)
        raise ActionFailed(f"Template rendering failed: {error}") from None
    return rendered


async def _context(attempt: Attempt, names: set[str]) -> dict[str, Any]:
    firing = attempt.firing
    context = {
        "automation": of_kind("automation", attempt.automation),
        "event": of_kind("event", attempt.event),
        "labels": of_kind("labels", firing["triggering_labels"]),
        "firing": of_kind("firing", firing),
        "firings": [of_kind("firing", each) for each in all_firings(firing)],
        "events": [of_kind("event", each) for each in all_events(firing)],
    }
    if names & {*OBJECTS, "variables"}:
        async with attempt.db.read.connection() as connection:
            for name in sorted(names & OBJECTS.keys()):
                found = await _find(connection, attempt, name)
                context[name] = of_kind(name.replace("_", "-"), found)
            if "variables" in names:
                context["variables"] = await read_variables(connection)
    return context


async def _find(connection: Connection, attempt: Attempt, name: str) -> dict[str, Any] | None:
    """The object of a kind that the event speaks of; a run in the state that the event tells."""
    resource = attempt.resource_of_kind(f"prefect.{name.replace('_', '-')}")
    id = None if resource is None else uuid_in(resource[ID])
    if resource is None or id is None:
        return None
    shape, statement = OBJECTS[name]
    row = await connection.object(shape, statement(id))
    if row is None:
        return None
    found: dict[str, Any] = orjson.loads(orjson.dumps(row, option=orjson.OPT_UTC_Z))
    if name in {"flow_run", "task_run"} and all(label in resource for label in _STATE.values()):
        found["state"] = {field: resource[label] for field, label in _STATE.items()}
    return found


async def read_variables(connection: Connection, names: list[str] | None = None) -> dict[str, Any]:
    """The values of variables by their names: some, or all."""
    statement = sa.select(variable.c.name, variable.c.value).order_by(variable.c.name).limit(MAX_VARIABLES)
    if names is not None:
        statement = statement.where(variable.c.name.in_(names))
    rows = await connection.all(statement)
    return {row.name: None if row.value is None else load_json(row.value) for row in rows}


def all_firings(firing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A firing and all that led to it."""
    return [firing, *(one for part in firing["triggering_firings"] for one in all_firings(part))]


def all_events(firing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The events of a firing and of all that led to it."""
    own = [] if firing["triggering_event"] is None else [firing["triggering_event"]]
    return [*own, *(one for part in firing["triggering_firings"] for one in all_events(part))]
