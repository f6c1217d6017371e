"""What is to be seen to after a flow run has changed, as rows that services take when they are due."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from lictor.db.functions import insert_or_change
from lictor.resources.flow_runs.table import flow_run_cancellation, flow_run_claim

SUBMISSION = "submission"
"""Who holds the claim on a run that a worker is about to start. No connection is called so."""


THOUGHT_DEAD = "Taken for crashed: "
"""What the message of the state begins with that the server itself gives to a run nobody hears of any more."""


def note_cancellation(id: UUID, now: datetime) -> sa.Insert:
    """Has the task runs and subflow runs of a flow run cancelled."""
    row = {"flow_run_id": id, "due": now, "looks": 0}
    return insert_or_change(flow_run_cancellation, row, "flow_run_id", changes={"due": now, "looks": 0})


def hold_for_submission(id: UUID, until: datetime) -> sa.Insert:
    """Leaves a run to the worker that is about to start it. Then it is asked whether the worker is still there."""
    changes = {"holder": SUBMISSION, "held_until": until}
    return insert_or_change(flow_run_claim, {"flow_run_id": id, **changes}, "flow_run_id", changes=changes)


def end_claim(id: UUID) -> sa.Delete:
    """Ends whatever claim there is on a run."""
    return sa.delete(flow_run_claim).where(flow_run_claim.c.flow_run_id == id)
