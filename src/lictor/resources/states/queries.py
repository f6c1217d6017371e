"""Statements on states."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.row_serializer import RowSerializer
from lictor.resources.flow_runs.table import flow_run_state
from lictor.resources.task_runs.table import task_run_state


class States:
    """The states of one kind of run."""

    def __init__(self, table: sa.Table, run: sa.Column[Any]) -> None:
        self.table = table
        self.run = run
        columns = table.c
        self.shape = RowSerializer(
            {
                "id": columns.id,
                "type": columns.type,
                "name": columns.name,
                "timestamp": columns.timestamp,
                "message": columns.message,
                "data": columns.data,
                "state_details": columns.state_details,
            }
        )

    def by_id(self, id: UUID) -> sa.Select[Any]:
        return self.shape.select().where(self.table.c.id == id)

    def of_run(self, id: UUID) -> sa.Select[Any]:
        """All states of a run, in the order in which it entered them."""
        return self.shape.select().where(self.run == id).order_by(self.table.c.timestamp, self.table.c.id)


FLOW_RUN_STATES = States(flow_run_state, flow_run_state.c.flow_run_id)
TASK_RUN_STATES = States(task_run_state, task_run_state.c.task_run_id)
