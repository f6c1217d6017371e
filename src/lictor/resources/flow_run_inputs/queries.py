"""Statements on flow-run inputs."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from lictor.db.functions import Statement, insert_unless, rows_from, value_in
from lictor.db.row_serializer import RowSerializer
from lictor.resources.flow_run_inputs.table import flow_run_input
from lictor.resources.flow_runs.table import flow_run

_columns = flow_run_input.c

FLOW_RUN_INPUT = RowSerializer(
    {
        "id": _columns.id,
        "created": _columns.created,
        "updated": _columns.updated,
        "flow_run_id": _columns.flow_run_id,
        "key": _columns.key,
        "value": _columns.value,
        "sender": _columns.sender,
    }
)


def flow_run_kept(id: UUID) -> Statement:
    """The id of a flow run, if there is one of this id, which then is there until the end of the transaction."""
    return sa.select(flow_run.c.id).where(flow_run.c.id == id).with_for_update(read=True, key_share=True)


def insert_input(flow_run_id: UUID, key: str, value: str, sender: str | None = None) -> sa.Insert:
    """Adds an input, unless its flow run has one with its key."""
    row = {"flow_run_id": flow_run_id, "key": key, "value": value, "sender": sender}
    return insert_unless(flow_run_input, row, "flow_run_id", "key")


def inputs_of(flow_run_id: UUID, prefix: str, but: Collection[str], limit: int) -> Statement:
    """The inputs of a flow run whose keys begin so, but for some, the first told first."""
    found = (
        FLOW_RUN_INPUT.select()
        .where(
            _columns.flow_run_id == flow_run_id,
            sa.func.substr(_columns.key, 1, len(prefix)) == prefix,
            sa.not_(value_in(_columns.key, but)),
        )
        .order_by(_columns.created, _columns.id)
    )
    return rows_from(found, 0, limit)


def value_of(flow_run_id: UUID, key: str) -> Statement:
    """What a flow run was told under a key."""
    return sa.select(_columns.value).where(_columns.flow_run_id == flow_run_id, _columns.key == key)


def delete_inputs(flow_run_id: UUID, keys: Collection[str]) -> sa.Delete:
    """Deletes the inputs of a flow run that have these keys."""
    return sa.delete(flow_run_input).where(_columns.flow_run_id == flow_run_id, value_in(_columns.key, keys))
