"""Going on with a paused flow run, with what it waits to be told."""

from typing import Any
from uuid import UUID

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.types import dump_json, load_json
from lictor.errors import Conflict, NotFound
from lictor.orchestration.engine import locked
from lictor.orchestration.flow_runs import FlowTransition, set_flow_run_state
from lictor.orchestration.schemas import OrchestrationResult, SetStateStatus, StateAbortDetails
from lictor.resources.deployments.hydration import HydrationError, hydrated
from lictor.resources.flow_run_inputs.queries import insert_input, value_of
from lictor.resources.flow_run_inputs.schemas import is_key
from lictor.resources.states.rows import state_of
from lictor.resources.states.schemas import State, StateCreate, StateDetails, StateType
from lictor.sandbox import OverBudget
from lictor.settings import Settings
from lictor.validation.client import Client
from lictor.validation.json_schema import InvalidSchema, Mismatch, check, tolerant

Json = dict[str, Any]


class _Unfit(Exception):
    """The run stays paused; the message says why."""


async def resume_flow_run(
    tx: Transaction, id: UUID, payload: Json | None, settings: Settings, client: Client
) -> OrchestrationResult:
    """Lets a paused flow run go on: in its process, or if that has ended, in a new one."""
    if (state := await _paused(tx, id)) is None:
        return NOT_PAUSED
    keyset = state.state_details.run_input_keyset
    given: Json = {}
    if keyset:
        try:
            given = await _fit_input(tx, id, payload or {}, keyset)
        except _Unfit as unfit:
            return _refusal(state, SetStateStatus.REJECT, str(unfit))
        if (state := await _paused(tx, id)) is None:  # others may have changed it while the input was checked
            return NOT_PAUSED
    going_on = StateCreate(type=StateType.RUNNING)
    if state.state_details.pause_reschedule:
        details = StateDetails(scheduled_time=utc_now())
        going_on = StateCreate(type=StateType.SCHEDULED, name="Resuming", state_details=details)
    result = await set_flow_run_state(tx, id, going_on, settings=settings, client=client)
    if (
        keyset
        and given
        and result.status is SetStateStatus.ACCEPT
        and not await tx.changed(insert_input(id, keyset["response"], dump_json(given)))
    ):
        raise Conflict(f"A flow run input with the key {keyset['response']!r} already exists.")
    return result


async def _paused(tx: Transaction, id: UUID) -> State | None:
    """The state of a flow run that is held from then on; None if it is not paused."""
    run = await locked(tx, FlowTransition, id)
    if run is None:
        raise NotFound("Flow run not found")
    state = state_of(run)
    return None if state is None or state.type is not StateType.PAUSED else state


def _refusal(state: State | None, status: SetStateStatus, reason: str) -> OrchestrationResult:
    return OrchestrationResult.of(state, status, StateAbortDetails(reason=reason), is_new=False)


NOT_PAUSED = _refusal(None, SetStateStatus.ABORT, "Cannot resume a flow run that is not paused.")


async def _fit_input(tx: Transaction, id: UUID, payload: Json, keyset: dict[str, str]) -> Json:
    """What the flow run is told, checked against the schema that it keeps among its inputs."""
    try:
        given = await hydrated(payload, tx)
    except HydrationError as error:
        raise _Unfit(f"Error hydrating run input: {error}") from None
    text = await tx.scalar(value_of(id, keyset.get("schema", "")))
    if text is None:
        raise _Unfit("Run input schema not found.")
    if not is_key(keyset.get("response")):
        raise _Unfit("The run has no key to keep the run input under.")
    try:
        schema = load_json(text)
    except ValueError:
        raise _Unfit("Run input schema is not valid JSON.") from None
    if not isinstance(schema, dict):
        raise _Unfit("Invalid schema: it is no object.")
    try:
        async with tx.suspended():
            await check(given, tolerant(schema))
    except InvalidSchema as error:
        raise _Unfit(f"Invalid schema: {error}") from None
    except Mismatch as error:
        raise _Unfit(f"Reason: {error}") from None
    except OverBudget as error:
        raise _Unfit(f"The run input cannot be checked against its schema: {error}") from None
    return given
