"""States as rows hold them: in a table of states, and in the row of the run that is in one."""

from typing import Any

from lictor.db.types import dump_json, load_json
from lictor.resources.states.schemas import State, StateDetails, StateType


def details_text(details: StateDetails) -> str:
    """What the column `state_details` holds."""
    return details.model_dump_json()


def is_unpersisted(data: Any) -> bool:
    """Whether this says of a result that it was not kept, and is not to be kept itself."""
    return isinstance(data, dict) and data.get("type") == "unpersisted"


def data_text(data: Any) -> str | None:
    """What the column `data` holds."""
    return None if data is None or is_unpersisted(data) else dump_json(data)


def state_row(state: State) -> dict[str, Any]:
    """The values of a row that holds a state, but for the id of its run."""
    return {
        "id": state.id,
        "type": state.type.value,
        "name": state.name,
        "timestamp": state.timestamp,
        "message": state.message,
        "data": data_text(state.data),
        "state_details": details_text(state.state_details),
    }


def on_run(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of a run that is in the state of this row (see `state_row`)."""
    return {
        "state_id": row["id"],
        "state_type": row["type"],
        "state_name": row["name"],
        "state_timestamp": row["timestamp"],
        "state_message": row["message"],
        "state_data": row["data"],
        "state_details": row["state_details"],
    }


def state_of(run: Any) -> State | None:
    """The state that a run is in, from the columns of its row."""
    if run.state_details is None:
        return None
    return State.model_construct(
        id=run.state_id,
        type=StateType(run.state_type),
        name=run.state_name,
        timestamp=run.state_timestamp,
        message=run.state_message,
        data=None if run.state_data is None else load_json(run.state_data),
        state_details=StateDetails.model_validate_json(run.state_details),
    )
