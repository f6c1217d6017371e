"""Runs that schedules make. Each is a slot: one run of a deployment, of a schedule, at a time, and never two.

The unique key of a slot is the run's idempotency key. Its form never changes, so that no restart, redeploy, upgrade or
replica makes a second run; it is the one that Prefect's server gives a schedule in UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.bulk import Insertion
from lictor.db.engine import Transaction
from lictor.db.functions import Statement, value_in
from lictor.db.ids import uuid7
from lictor.db.types import dump_json, load_json
from lictor.resources.deployments.table import deployment, deployment_schedule
from lictor.resources.flow_runs.schemas import FlowRunPolicy
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.runs.names import random_name
from lictor.resources.states.rows import details_text
from lictor.resources.states.schemas import StateDetails, StateType

AUTO_SCHEDULED = "auto-scheduled"
"""The tag that such runs have besides those of their deployment."""

MESSAGE = "Flow run scheduled"
CLASSES = {"interval": "IntervalSchedule", "cron": "CronSchedule", "rrule": "RRuleSchedule"}

RUNS = Insertion(
    flow_run,
    (
        "id",
        "created",
        "updated",
        "name",
        "state_type",
        "state_name",
        "tags",
        "state_id",
        "state_timestamp",
        "run_count",
        "expected_start_time",
        "next_scheduled_start_time",
        "total_run_time",
        "flow_id",
        "deployment_id",
        "deployment_version",
        "work_queue_id",
        "work_queue_name",
        "idempotency_key",
        "infrastructure_document_id",
        "auto_scheduled",
        "parameters",
        "context",
        "created_by",
        "job_variables",
        "empirical_policy",
        "labels",
        "state_message",
        "state_details",
    ),
    "(flow_id, idempotency_key) DO NOTHING",
)
STATES = Insertion(
    flow_run_state,
    ("id", "created", "updated", "type", "name", "timestamp", "message", "state_details", "flow_run_id"),
    "(id) DO NOTHING",
)
POLICY = FlowRunPolicy().model_dump_json()


def slot_key(deployment_id: UUID, schedule_id: UUID, moment: datetime) -> str:
    """What no other run has."""
    return f"scheduled {deployment_id} {schedule_id} {moment.astimezone(UTC)}"


SCHEDULED = (
    deployment_schedule.c.id.label("schedule_id"),
    deployment_schedule.c.schedule,
    deployment_schedule.c.parameters.label("schedule_parameters"),
    deployment_schedule.c.slug,
    deployment_schedule.c.active,
    deployment_schedule.c.max_scheduled_runs,
    deployment_schedule.c.covered_until,
    deployment_schedule.c.due,
    deployment_schedule.c.updated,
    deployment.c.id.label("deployment_id"),
    deployment.c.flow_id,
    deployment.c.version,
    deployment.c.parameters,
    deployment.c.tags,
    deployment.c.labels,
    deployment.c.work_queue_id,
    deployment.c.work_queue_name,
    deployment.c.infrastructure_document_id,
    deployment.c.paused,
    deployment.c.catch_up,
)
"""What it takes to make the runs of a schedule."""

_WITH_DEPLOYMENT = deployment_schedule.join(deployment, deployment.c.id == deployment_schedule.c.deployment_id)


def schedules_with_deployments() -> Statement:
    """Schedules, each with its deployment."""
    return sa.select(*SCHEDULED).select_from(_WITH_DEPLOYMENT)


@dataclass(frozen=True)
class SlotMaker:
    """Makes the runs of one schedule, from a row of `schedules_with_deployments`."""

    row: sa.Row[Any]
    tags: Sequence[str] = (AUTO_SCHEDULED,)
    auto_scheduled: bool = True

    def runs(self, moments: Iterable[datetime]) -> list[tuple[Any, ...]]:
        """A row for each moment, in the order of the columns of `RUNS`."""
        row, now = self.row, utc_now()
        parameters = load_json(row.parameters) | load_json(row.schedule_parameters)
        system = {"prefect.flow.id": str(row.flow_id), "prefect.deployment.id": str(row.deployment_id)}
        tags = [*self.tags, *row.tags]
        texts = (dump_json(parameters), "{}", self._creator(), "{}", POLICY)
        labels = dump_json(load_json(row.labels or "{}") | system)
        runs = []
        for moment in moments:
            id = uuid7()
            details = details_text(StateDetails(scheduled_time=moment))
            runs.append(
                (
                    *(id, now, now, random_name(), StateType.SCHEDULED.value, "Scheduled", tags, uuid7(), now, 0),
                    *(moment, moment, timedelta(0), row.flow_id, row.deployment_id, row.version, row.work_queue_id),
                    *(row.work_queue_name, slot_key(row.deployment_id, row.schedule_id, moment)),
                    *(row.infrastructure_document_id, self.auto_scheduled, *texts, labels, MESSAGE, details),
                )
            )
        return runs

    def _creator(self) -> str:
        kind = next(CLASSES[key] for key in CLASSES if key in load_json(self.row.schedule))
        name = self.row.slug or kind
        return dump_json({"id": str(self.row.schedule_id), "type": "SCHEDULE", "display_value": name})


ID, STATE_ID = (RUNS.columns.index(flow_run.c[name]) for name in ("id", "state_id"))
TIMESTAMP, DETAILS = (RUNS.columns.index(flow_run.c[name]) for name in ("state_timestamp", "state_details"))


async def insert_slots(tx: Transaction, runs: Sequence[tuple[Any, ...]]) -> list[UUID]:
    """Adds the runs whose slots are still empty; their ids."""
    if not runs:
        return []
    await RUNS.run(tx, runs)
    ids = [run[ID] for run in runs]
    new = {row.id for row in await tx.all(sa.select(flow_run.c.id).where(value_in(flow_run.c.id, ids)))}
    made = [run for run in runs if run[ID] in new]
    states = [
        (
            *(run[STATE_ID], run[TIMESTAMP], run[TIMESTAMP], StateType.SCHEDULED.value, "Scheduled", run[TIMESTAMP]),
            *(MESSAGE, run[DETAILS], run[ID]),
        )
        for run in made
    ]
    if states:
        await STATES.run(tx, states)
    return [run[ID] for run in made]
