"""Creating, changing and deleting automations."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import dump_json, load_json
from lictor.errors import InvalidRequest, NotFound, ObjectNotFound, Unprocessable
from lictor.events.triggers import memory
from lictor.events.triggers.compiled import compile_trigger
from lictor.resources.automations import queries
from lictor.resources.automations.actions import RunDeployment
from lictor.resources.automations.events import emit_automation_event
from lictor.resources.automations.schemas import (
    AutomationCore,
    AutomationCreate,
    AutomationPartialUpdate,
    AutomationUpdate,
)
from lictor.resources.automations.table import automation
from lictor.resources.block_documents.defaults import with_blocks
from lictor.resources.work_pools.templates import check_values
from lictor.validation.json_schema import InvalidSchema, Mismatch

_ACTION_LISTS = ("actions", "actions_on_trigger", "actions_on_resolve")
_SETS = frozenset({"after", "expect", "for_each"})


async def create_automation(tx: Transaction, keys: tuple[str, ...], body: AutomationCreate) -> UUID:
    """Creates an automation; its id."""
    await _check_job_variables(tx, keys, body)
    body.trigger.with_new_ids()
    id, now = uuid7(), utc_now()
    row = {"id": id, "created": now, "updated": now} | _columns(body, set(AutomationCore.model_fields))
    await tx.execute(automation.insert().values(row))
    await _relate_deployments(tx, id, body)
    if body.owner_resource:
        await tx.execute(queries.relate(id, body.owner_resource, is_owner=True))
    if body.enabled:
        await _begin_to_wait(tx, id, body)
    await _tell(tx, "created", id)
    return id


async def replace_automation(tx: Transaction, keys: tuple[str, ...], id: UUID, body: AutomationUpdate) -> None:
    """Puts another automation in the place of one; what is not given of it stays. It counts from the beginning.

    If it was a flow run notification policy, it is one no longer.
    """
    await _check_job_variables(tx, keys, body)
    body.trigger.with_new_ids()
    if not await tx.changed(queries.update_automation(id, _columns(body, body.model_fields_set))):
        raise ObjectNotFound("Automation not found")
    await tx.execute(queries.forget_deployments(id))
    await tx.execute(queries.forget_policy(id))
    await _relate_deployments(tx, id, body)
    await memory.forget(tx, id)
    if await tx.scalar(queries.is_enabled(id)):
        await _begin_to_wait(tx, id, body)
    await _tell(tx, "updated", id)


async def update_automation(tx: Transaction, id: UUID, body: AutomationPartialUpdate) -> None:
    """Enables or disables an automation."""
    row = await tx.first(queries.locked_automation(id))
    if row is None:
        raise ObjectNotFound("Automation not found")
    changes = body.model_dump(exclude_unset=True)
    whole = _whole(row, body)
    await tx.execute(queries.update_automation(id, changes))
    if changes:
        await tx.execute(queries.activate_policy(id, active=changes["enabled"]))
    if changes.get("enabled"):
        await _begin_to_wait(tx, id, whole)
    await _tell(tx, "updated", id)


async def delete_automation(tx: Transaction, id: UUID) -> None:
    """Deletes an automation and what it has counted."""
    row = await tx.first(queries.locked_automation(id))
    if row is None:
        raise ObjectNotFound("Automation not found")
    await tx.execute(queries.delete_automations([id]))
    await tx.execute(queries.new_version())
    await emit_automation_event(tx, "deleted", row)


async def delete_automations_owned_by(tx: Transaction, resource_id: str) -> None:
    """Deletes the automations that belong to a resource."""
    ids = [row.id for row in await tx.all(queries.automations_owned_by(resource_id))]
    if ids:
        await tx.execute(queries.delete_automations(ids))
        await tx.execute(queries.new_version())


async def _tell(tx: Transaction, what: Literal["created", "updated"], id: UUID) -> None:
    """Lets everyone know that automations have changed, and tells which."""
    await tx.execute(queries.new_version())
    row = await tx.first(queries.automation_by_id(id))
    assert row is not None
    await emit_automation_event(tx, what, row)


def stored_json(model: Any) -> str:
    """The JSON of a part of an automation, its sets in order."""
    return dump_json(_ordered(model.model_dump(mode="json")))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: sorted(item) if name in _SETS and isinstance(item, list) else _ordered(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def _columns(body: AutomationCore, fields: set[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in fields & AutomationCore.model_fields.keys():
        value = getattr(body, name)
        if name == "trigger":
            row[name] = stored_json(value)
        elif name in _ACTION_LISTS:
            row[name] = dump_json([action.model_dump(mode="json") for action in value])
        else:
            row[name] = value
    return row


async def _begin_to_wait(tx: Transaction, id: UUID, body: AutomationCore) -> None:
    root = compile_trigger(body.trigger.model_dump(mode="json"))
    await memory.open_lasting_windows(tx, id, root, utc_now())


def _whole(row: Any, body: AutomationPartialUpdate) -> AutomationCore:
    whole = {"name": row.name, "enabled": body.enabled} | {
        name: load_json(getattr(row, name)) for name in ("trigger", *_ACTION_LISTS)
    }
    try:
        return AutomationCore.model_validate(whole)
    except ValidationError as error:
        problems: Sequence[Any] = error.errors(include_url=False)
        raise InvalidRequest(problems, body.model_dump(mode="json")) from None


async def _relate_deployments(tx: Transaction, id: UUID, body: AutomationCore) -> None:
    ids = {
        action.deployment_id for action in body.actions if isinstance(action, RunDeployment) and action.deployment_id
    }
    for deployment_id in sorted(ids):
        await tx.execute(queries.relate(id, f"prefect.deployment.{deployment_id}", is_owner=False))


async def _check_job_variables(tx: Transaction, keys: tuple[str, ...], body: AutomationCore) -> None:
    """Raises Unprocessable if a run could not be created with the job variables of one of the actions."""
    problems = []
    for action in body.actions:
        if isinstance(action, RunDeployment) and action.deployment_id and action.job_variables:
            row = await tx.first(queries.pool_template_of(action.deployment_id))
            if row is None:
                raise NotFound("Deployment not found.")
            if row.base_job_template is None:
                continue
            template = await with_blocks(tx, keys, load_json(row.base_job_template))
            try:
                async with tx.suspended():
                    await check_values(template, action.job_variables, is_complete=True)
            except InvalidSchema as error:
                raise Unprocessable(str(error)) from None
            except Mismatch as error:
                problems.append(str(error))
    if problems:
        raise Unprocessable(f"Error creating automation: {' '.join(problems)}")
