"""Which tables come over, in which order, and where each of their columns comes from."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json

from lictor.events.batch_insert import resource_rows
from lictor.events.schemas import RelatedResource, Resource
from lictor.events.table import event, event_resource
from lictor.resources.artifacts.table import artifact, artifact_collection
from lictor.resources.automations.table import automation
from lictor.resources.block_documents.table import block_document, block_document_reference
from lictor.resources.block_schemas.table import block_schema, block_schema_reference
from lictor.resources.block_types.table import block_type
from lictor.resources.concurrency_limits.table import global_limit, tag_limit
from lictor.resources.deployments.schedules import Schedule
from lictor.resources.deployments.schemas import ConcurrencyOptions, DeploymentStatus, UpdatedBy
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.resources.flow_run_inputs.table import flow_run_input
from lictor.resources.flow_runs.schemas import FlowRunPolicy
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.flows.table import flow
from lictor.resources.logs.table import log
from lictor.resources.saved_searches.schemas import SavedSearchFilter
from lictor.resources.saved_searches.table import saved_search
from lictor.resources.states.schemas import StateDetails, StateType
from lictor.resources.task_runs.schemas import TaskInputs, TaskRunPolicy
from lictor.resources.task_runs.table import task_run, task_run_state, task_run_state_cache
from lictor.resources.variables.table import variable
from lictor.resources.work_pools.schemas import (
    QueueFilter,
    WorkPoolStatus,
    WorkPoolStorageConfiguration,
    WorkQueueStatus,
)
from lictor.resources.work_pools.table import work_pool, work_queue
from lictor.transfer.values import Convert, json_of, one_of, remembered
from lictor.validation.created_by import CreatedBy

STATE_TYPE = one_of(frozenset(StateType))


def _data(state: str) -> str:
    """A state's data. Results are kept as artifacts; what is false in Python counts as no result of its own."""
    own = f"CAST({state}.data AS TEXT)"
    return f"""
        CASE WHEN {state}.data IS NULL OR {own} IN ('null', 'false', '0', '0.0', '""', '[]', '{{}}')
        THEN CAST(a.data AS TEXT) ELSE {own} END
    """


def _artifact(state: str) -> str:
    return f"LEFT JOIN artifact a ON a.id = {state}.result_artifact_id"


STATE_OF_RUN = {
    "state_type": "COALESCE(t.state_type, s.type)",
    "state_name": "COALESCE(t.state_name, s.name)",
    "state_timestamp": 'COALESCE(t.state_timestamp, s."timestamp")',
    "state_message": "s.message",
    "state_data": _data("s"),
    "state_details": "s.state_details",
}

DEFAULT_RESULT_STORAGE = """
    COALESCE(CAST(t.id AS TEXT) = (
        SELECT c.value ->> 'default_result_storage_block_id' FROM configuration c
        WHERE c.key = 'server-default-result-storage'
    ), FALSE)
"""


@dataclass(frozen=True)
class Parts:
    """Rows of another table that are made of each row, and stored together with it."""

    table: sa.Table
    make: Callable[[Mapping[str, Any]], Iterable[tuple[Any, ...]]]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.table.c]


@dataclass(frozen=True)
class Plan:
    """How one table of Lictor is filled from one of Prefect's, which its SQL calls `t`."""

    table: sa.Table
    source: str = ""
    """The name of Prefect's table, where it is not the same."""
    joins: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """SQL for the columns that are not simply those of the same name."""
    checks: Mapping[str, Convert] = field(default_factory=dict)
    """For columns whose type does not say what they may hold: JSON of a certain form, words of a fixed set."""
    merges: bool = False
    """Whether a row whose name is taken in the target stands for the row that has it."""
    aliases: Mapping[str, sa.Table] = field(default_factory=dict)
    """References that no foreign key declares."""
    parts: Parts | None = None
    """For rows that never change."""
    derived: Mapping[str, str] = field(default_factory=dict)
    """SQL for the columns that the target fills from its own rows; others of the same row stand in it as `{name}`."""

    @property
    def name(self) -> str:
        """What Prefect calls the table, and so do those who import it."""
        return self.source or self.table.name

    @property
    def tables(self) -> list[sa.Table]:
        """All tables that are filled."""
        return [self.table] if self.parts is None else [self.table, self.parts.table]

    def parts_of(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
        """The rows of the other table that come with these."""
        assert self.parts is not None
        for row in rows:
            yield from self.parts.make(dict(zip(self.names, row, strict=True)))

    def query(self, available: Container[str]) -> str:
        """SQL that reads the columns that are filled, where those of the source's table are available."""
        return (
            f'SELECT {", ".join(self._sql(name, available) for name in self.names)} FROM "{self.name}" t {self.joins}'
        )

    def _sql(self, name: str, available: Container[str]) -> str:
        if name in self.columns:
            return self.columns[name]
        return f't."{name}"' if name in available else "NULL"

    @cached_property
    def filled(self) -> list[sa.Column[Any]]:
        """The columns that are filled at first: what refers to a table that comes later has to wait."""
        return [column for column in self.table.c if column is not PARENT and column.name not in self.derived]

    @cached_property
    def names(self) -> list[str]:
        return [column.name for column in self.filled]

    def made(self, spelled: Callable[[str], str]) -> dict[str, str]:
        """The SQL of each column that the target fills, where the others of its row are spelled so."""
        others = {name: spelled(name) for name in self.names}
        return {name: sql.format_map(others) for name, sql in self.derived.items()}

    @cached_property
    def references(self) -> dict[str, sa.Table]:
        """The tables that columns refer to by foreign key."""
        return {
            column.name: next(iter(column.foreign_keys)).column.table for column in self.filled if column.foreign_keys
        }


PARENT = flow_run.c.parent_task_run_id
"""A flow run may name a task run as its parent, which itself belongs to a flow run."""


def _run(
    table: sa.Table,
    checks: Mapping[str, Convert],
    aliases: Mapping[str, sa.Table] | None = None,
    derived: Mapping[str, str] | None = None,
) -> Plan:
    return Plan(
        table,
        joins=f"LEFT JOIN {table.name}_state s ON s.id = t.state_id {_artifact('s')}",
        columns=STATE_OF_RUN,
        checks={"state_type": STATE_TYPE, "state_details": json_of(StateDetails), **checks},
        aliases=aliases or {},
        derived=derived or {},
    )


def _states(table: sa.Table) -> Plan:
    return Plan(
        table,
        joins=_artifact("t"),
        columns={"data": _data("t")},
        checks={"type": STATE_TYPE, "state_details": json_of(StateDetails)},
    )


def _resources(row: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return resource_rows(row["id"], row["occurred"], (from_json(row["resource"]), *from_json(row["related"])))


PLANS = (
    Plan(flow, merges=True),
    Plan(
        work_pool,
        merges=True,
        checks={
            "status": one_of(frozenset(WorkPoolStatus)),
            "storage_configuration": json_of(WorkPoolStorageConfiguration),
        },
        derived={"last_polled": "NULL"},
    ),
    Plan(
        work_queue, merges=True, checks={"status": one_of(frozenset(WorkQueueStatus)), "filter": json_of(QueueFilter)}
    ),
    Plan(block_type, merges=True),
    Plan(block_schema, merges=True),
    Plan(block_schema_reference, merges=True),
    Plan(
        block_document,
        merges=True,
        columns={
            "block_type_name": "(SELECT b.name FROM block_type b WHERE b.id = t.block_type_id)",
            "is_default_result_storage": DEFAULT_RESULT_STORAGE,
        },
    ),
    Plan(block_document_reference, merges=True),
    Plan(tag_limit, merges=True),
    Plan(global_limit, merges=True),
    Plan(
        deployment,
        merges=True,
        columns={"job_variables": "t.infra_overrides"},
        aliases={"storage_document_id": block_document, "infrastructure_document_id": block_document},
        checks={
            "status": one_of(frozenset(DeploymentStatus)),
            "concurrency_options": json_of(ConcurrencyOptions),
            "created_by": json_of(CreatedBy),
            "updated_by": json_of(UpdatedBy),
        },
        derived={"catch_up": "NULL"},
    ),
    Plan(
        deployment_schedule,
        merges=True,
        checks={"schedule": json_of(Schedule)},
        # The scheduler looks at it, and finds by itself until when Prefect's has made its runs.
        derived={
            "due": "(SELECT CASE WHEN {active} AND NOT d.paused THEN {created} END FROM deployment d"
            " WHERE d.id = {deployment_id})",
            "covered_until": "NULL",
        },
    ),
    _run(
        flow_run,
        {"empirical_policy": remembered(json_of(FlowRunPolicy)), "created_by": remembered(json_of(CreatedBy))},
        {"deployment_id": deployment, "infrastructure_document_id": block_document},
    ),
    _run(
        task_run,
        {"empirical_policy": remembered(json_of(TaskRunPolicy)), "task_inputs": remembered(json_of(TaskInputs))},
        derived={"flow_id": "(SELECT r.flow_id FROM flow_run r WHERE r.id = {flow_run_id})"},
    ),
    _states(flow_run_state),
    _states(task_run_state),
    Plan(flow_run_input),
    Plan(task_run_state_cache),
    Plan(log),
    Plan(
        event,
        source="events",
        checks={
            "resource": json_of(Resource),
            "related": json_of(list[RelatedResource]),
            "payload": json_of(dict[str, Any]),
        },
        parts=Parts(event_resource, _resources),
    ),
    Plan(artifact, checks={"metadata_": json_of(dict[str, str])}),
    Plan(artifact_collection, merges=True),
    Plan(variable, merges=True),
    Plan(saved_search, merges=True, checks={"filters": json_of(list[SavedSearchFilter])}),
    Plan(automation),
)
"""In an order in which each row finds what it refers to."""
