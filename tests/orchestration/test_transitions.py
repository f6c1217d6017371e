"""What becomes of each transition: recorded from a Prefect 3.8.8 server, run after run, type after type.

Each table lists the transitions that do not simply succeed, as `from: {to: what comes of it}`.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa

from lictor.db.ids import uuid7
from lictor.resources.states.schemas import StateType
from tests.orchestration.driver import Driven, asked, named, verdict

TYPES = [kind.value for kind in StateType]
TERMINAL = ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"]
UNENDING = ["CANCELLING", "PAUSED", "CRASHED"]

Outcome = tuple[str, str | None, str, str]  # status, reason, and the type and name of the state it is in then
Table = Mapping[str, Mapping[str, Outcome]]


def accepted(kind: str) -> Outcome:
    return "ACCEPT", None, kind, kind.capitalize()


def stays(kind: str, status: str, reason: str) -> Outcome:
    return status, reason, kind, kind.capitalize()


def over(kind: str, reason: str) -> dict[str, Outcome]:
    return {to: stays(kind, "ABORT", reason.format(kind)) for to in UNENDING}


def merged(*tables: Table) -> Table:
    result: dict[str, dict[str, Outcome]] = {}
    for table in tables:
        for source, outcomes in table.items():
            result.setdefault(source, {}).update(outcomes)
    return result


TASK: Table = {
    "RUNNING": {"RUNNING": ("ACCEPT", None, "RUNNING", "Rerunning")},
    **{kind: over(kind, "Run is already {}.") for kind in TERMINAL},
}
RETRIED: Table = {"RUNNING": {"FAILED": ("REJECT", "Retrying", "SCHEDULED", "AwaitingRetry")}}
TASK_WITH_RESULT: Table = {
    "COMPLETED": {
        to: stays("COMPLETED", "REJECT", "This run is already completed.") for to in TYPES if to not in UNENDING
    }
}
SUBMITTED_TWICE: Table = {
    kind: {"PENDING": stays(kind, "ABORT", f"This run is in a {kind} state and cannot transition to a PENDING state.")}
    for kind in ("PENDING", "RUNNING", "CANCELLED", "CANCELLING")
}
RESULT = {"data": {"type": "reference"}}
NO_RESULT = {"data": {"type": "unpersisted"}}
DEFERRED = {"deferred": True}

FLOW: Table = merged(
    {
        "SCHEDULED": {
            "CANCELLING": (
                "REJECT",
                "Scheduled flow run has no infrastructure to terminate.",
                "CANCELLED",
                "Cancelled",
            )
        },
        "PAUSED": {
            "PENDING": stays(
                "PAUSED",
                "REJECT",
                "This run cannot transition to the StateType.PENDING state from the StateType.PAUSED state.",
            )
        },
    },
    {
        kind: {"PAUSED": stays(kind, "REJECT", "Cannot pause flows that are not currently running.")}
        for kind in ("SCHEDULED", "PENDING", "PAUSED")
    },
    SUBMITTED_TWICE,
    {
        "CANCELLING": {
            to: stays(
                "CANCELLING",
                "REJECT",
                "Cannot transition flows that are cancelling to a state other than Cancelled.",
            )
            for to in TYPES
            if to != "CANCELLED"
        }
    },
    {kind: over(kind, "Run is already in terminal state {}.") for kind in TERMINAL},
)
NOT_DEPLOYED: Table = {
    kind: {"SCHEDULED": stays(kind, "ABORT", "Cannot reschedule a run without an associated deployment.")}
    for kind in TERMINAL
}
FLOW_WITH_RESULT: Table = {
    "COMPLETED": {
        to: stays("COMPLETED", "REJECT", "Run is already COMPLETED.") for to in ("SCHEDULED", "PENDING", "RUNNING")
    }
}
RESULT_LOST: Table = {
    "COMPLETED": {
        "COMPLETED": stays(
            "COMPLETED",
            "REJECT",
            "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.",
        )
    }
}
OLD_LIST: Table = {
    kind: {"PENDING": stays(kind, "ABORT", f"This run is over, it is {kind}, and was not scheduled since.")}
    for kind in ("COMPLETED", "FAILED", "CRASHED")
}
FORCED_FLOW: Table = {"SCHEDULED": {"CANCELLING": FLOW["SCHEDULED"]["CANCELLING"]}}


async def outcomes(run: Driven, first: dict[str, Any], then: dict[str, Any], *, force: bool) -> Table:
    """What comes of each transition of a run as it is now, as far as it is not what was asked for."""
    found: dict[str, dict[str, Outcome]] = {}
    original = await run.row()
    async with run.db.write() as tx:
        for source, target in product(TYPES, TYPES):
            new_id = uuid7()
            copy = original._asdict() | {"id": new_id, "dynamic_key": str(new_id)}
            await tx.execute(sa.insert(run.table).values({key: copy[key] for key in original._fields}))
            entered = await run.set_state(tx, new_id, asked(source, **first), True)
            assert named(entered)[0] == source
            result = await run.set_state(tx, new_id, asked(target, **then), force)
            row = await tx.first(sa.select(run.table).where(run.table.c.id == new_id))
            assert (row.state_type, row.state_name, row.state_id) == (*named(result), result.state.id)
            assert result.status_code == (200 if row.state_id == entered.state.id else 201)
            if (outcome := (*verdict(result), *named(result))) != accepted(target):
                found.setdefault(source, {})[target] = outcome
    return found


@pytest.mark.parametrize(
    ("policy", "first", "then", "force", "expected"),
    [
        pytest.param({}, {}, {}, False, TASK, id="as they are"),
        pytest.param({"retries": 2}, {}, {}, False, merged(TASK, RETRIED), id="with retries"),
        pytest.param({"retries": 2}, {}, {}, True, {}, id="by force"),
        pytest.param({}, {}, DEFERRED, False, merged(TASK, SUBMITTED_TWICE), id="deferred"),
        pytest.param({}, {}, DEFERRED, True, merged(TASK, SUBMITTED_TWICE), id="deferred, by force"),
        pytest.param({}, RESULT, {}, False, merged(TASK, TASK_WITH_RESULT), id="with a result"),
        pytest.param({}, NO_RESULT, {}, False, TASK, id="with a result that was not kept"),
    ],
)
async def test_task_runs(task, policy, first, then, force, expected):
    assert await outcomes(await task(policy=policy), first, then, force=force) == expected


@pytest.mark.parametrize(
    ("policy", "first", "then", "force", "expected"),
    [
        pytest.param({}, {}, {}, False, merged(FLOW, NOT_DEPLOYED), id="as they are"),
        pytest.param({"retries": 1}, {}, {}, False, merged(FLOW, NOT_DEPLOYED, RETRIED), id="with retries"),
        pytest.param({}, {}, {}, True, FORCED_FLOW, id="by force"),
        pytest.param({}, RESULT, RESULT, False, merged(FLOW, NOT_DEPLOYED, FLOW_WITH_RESULT), id="all with a result"),
        pytest.param({}, RESULT, NO_RESULT, True, merged(FORCED_FLOW, RESULT_LOST), id="without a result, by force"),
    ],
)
async def test_flow_runs(flow, policy, first, then, force, expected):
    assert await outcomes(await flow(policy=policy), first, then, force=force) == expected


async def test_flow_runs_of_a_deployment(flow, make):
    run = await flow(deployment_id=await make.deployment())
    expected = merged(FLOW, OLD_LIST, FLOW_WITH_RESULT, RESULT_LOST)
    assert await outcomes(run, RESULT, {}, force=False) == expected
