"""Creating, changing and deleting flow run notification policies, with the automations that they are."""

from glob import escape
from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.errors import Conflict, NotFound
from lictor.events.schemas import ID, ROLE
from lictor.resources.automations.actions import SendNotification
from lictor.resources.automations.schemas import AutomationCreate, AutomationUpdate
from lictor.resources.automations.triggers import EventTrigger, Posture
from lictor.resources.automations.writes import create_automation, delete_automation, replace_automation
from lictor.resources.block_documents.queries import kept_document
from lictor.resources.flow_run_notification_policies import queries
from lictor.resources.flow_run_notification_policies.messages import DEFAULT_MESSAGE, to_jinja
from lictor.resources.flow_run_notification_policies.schemas import (
    FlowRunNotificationPolicyCreate,
    FlowRunNotificationPolicyUpdate,
)
from lictor.validation.fields import shortened

EVERY_RUN = "prefect.flow-run."
STATE_NAME = "prefect.state-name"
"""A label that events of a flow run have if they tell of a state, and those of its heartbeats have not."""

MAX_NAMED_STATES = 3


async def create_policy(tx: Transaction, keys: tuple[str, ...], body: FlowRunNotificationPolicyCreate) -> UUID:
    """Creates a policy; its id."""
    await _check_block(tx, body.block_document_id)
    automation = AutomationCreate(**_automation_of(body))
    id, now = await create_automation(tx, keys, automation), utc_now()
    await tx.execute(queries.insert_policy({"id": id, "created": now, "updated": now, **body.model_dump()}))
    return id


async def update_policy(
    tx: Transaction, keys: tuple[str, ...], id: UUID, body: FlowRunNotificationPolicyUpdate
) -> None:
    """Changes what is given of a policy."""
    row = await tx.first(queries.locked_policy(id))
    if row is None:
        raise _missing()
    before = {name: getattr(row, name) for name in FlowRunNotificationPolicyCreate.model_fields}
    whole = FlowRunNotificationPolicyCreate.model_validate(before | body.model_dump(exclude_unset=True))
    await _check_block(tx, whole.block_document_id)
    # An automation that is replaced is no policy any more, unless it says so again.
    await replace_automation(tx, keys, id, AutomationUpdate(**_automation_of(whole)))
    times = {"created": row.created, "updated": utc_now()}
    await tx.execute(queries.insert_policy({"id": id, **times, **whole.model_dump()}))


async def delete_policy(tx: Transaction, id: UUID) -> None:
    """Deletes a policy, and with it its automation."""
    if await tx.first(queries.locked_policy(id)) is None:
        raise _missing()
    await delete_automation(tx, id)


async def _check_block(tx: Transaction, id: UUID) -> None:
    if await tx.first(kept_document(id)) is None:
        raise Conflict(f"block_document_id: there is no block document {id}.")


def _missing() -> NotFound:
    return NotFound("Flow run notification policy not found")


def _automation_of(body: FlowRunNotificationPolicyCreate) -> dict[str, Any]:
    """What an automation must be to do what a policy says."""
    trigger = EventTrigger(
        posture=Posture.Reactive,
        match={ID: f"{EVERY_RUN}*", STATE_NAME: "*"},
        match_related={ROLE: "tag", ID: [f"prefect.tag.{escape(tag)}" for tag in body.tags]} if body.tags else {},
        expect={shortened(f"{EVERY_RUN}{name}") for name in body.state_names} or {f"{EVERY_RUN}*"},
    )
    notify = SendNotification(
        block_document_id=body.block_document_id,
        subject="Flow run notification",
        body=to_jinja(body.message_template or DEFAULT_MESSAGE),
    )
    return {
        "name": f"Flow run notifications: {_states(body.state_names)}",
        "description": "A flow run notification policy, as clients of Prefect 3.0 to 3.3 make them.",
        "enabled": body.is_active,
        "trigger": trigger,
        "actions": [notify],
    }


def _states(names: list[str]) -> str:
    shown = ", ".join(names[:MAX_NAMED_STATES]) + (", …" if len(names) > MAX_NAMED_STATES else "")
    return shortened(shown) if names else "all states"
