"""The settings of services that make runs and that clear away what is old."""

import json
from datetime import timedelta
from typing import Any, Literal

from pydantic import field_validator

from lictor.settings.fields import Group, setting


class SchedulerSettings(Group):
    """How far ahead schedules have runs waiting, and what becomes of those that were missed."""

    enabled: bool = setting(
        True,
        "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED",
        "PREFECT_API_SERVICES_SCHEDULER_ENABLED",
        about="Create the runs of active schedules.",
    )
    loop_seconds: float = setting(
        60.0,
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS",
        "PREFECT_API_SERVICES_SCHEDULER_LOOP_SECONDS",
        about="The most seconds between two looks for schedules that need runs. A schedule that is created or changed "
        "wakes the scheduler at once.",
        gt=0,
    )
    batch_size: int = setting(
        100,
        "PREFECT_SERVER_SERVICES_SCHEDULER_DEPLOYMENT_BATCH_SIZE",
        "PREFECT_API_SERVICES_SCHEDULER_DEPLOYMENT_BATCH_SIZE",
        about="How many schedules are worked out at once.",
        ge=1,
        le=1000,
    )
    insert_batch_size: int = setting(
        500,
        "PREFECT_SERVER_SERVICES_SCHEDULER_INSERT_BATCH_SIZE",
        "PREFECT_API_SERVICES_SCHEDULER_INSERT_BATCH_SIZE",
        about="About how many runs are created in one transaction.",
        ge=1,
        le=10_000,
    )
    min_runs: int = setting(
        3,
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS",
        "PREFECT_API_SERVICES_SCHEDULER_MIN_RUNS",
        about="How many runs of a schedule are waiting at least, unless they would lie beyond the maximum time.",
        ge=1,
    )
    max_runs: int = setting(
        100,
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS",
        "PREFECT_API_SERVICES_SCHEDULER_MAX_RUNS",
        about="How many runs of a schedule are waiting at most.",
        ge=1,
        le=10_000,
    )
    min_scheduled_time: timedelta = setting(
        timedelta(hours=1),
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME",
        "PREFECT_API_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME",
        about="How far ahead the runs of a schedule reach at least, unless there would be more than the maximum.",
        ge=timedelta(0),
    )
    max_scheduled_time: timedelta = setting(
        timedelta(days=100),
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME",
        "PREFECT_API_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME",
        about="How far ahead runs are created at most.",
        gt=timedelta(0),
        le=timedelta(days=36_500),
    )
    catch_up: Literal["all", "latest", "none"] = setting(
        "all",
        "LICTOR_SCHEDULER_CATCH_UP",
        about="Which runs still start that schedules missed while no server or no worker was there: `all` of them, the "
        "`latest` of each schedule, or `none`. A deployment can say otherwise.",
    )
    catch_up_window: timedelta = setting(
        timedelta(hours=1),
        "LICTOR_SCHEDULER_CATCH_UP_WINDOW",
        about="How late the latest missed run may start, where only that one does; and how far back runs are created that "
        "there was no server to create. A deployment can say otherwise.",
        ge=timedelta(0),
        le=timedelta(days=100),
    )


TERMINAL_STATES = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")


class RetentionSettings(Group):
    """How long runs that are over, and logs, are kept. Events are in a group of their own."""

    deletes: str = setting(
        "events",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED",
        about="What is deleted when it is old, with commas between: `events`, `flow_runs`. `true` stands for both, and "
        "`false` for events alone.",
    )
    runs: timedelta = setting(
        timedelta(days=90),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD",
        about="How long runs are kept after their end, where `PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED` names "
        "`flow_runs`: flow runs with their task runs, states, logs and artifacts, and task runs without a flow run.",
        gt=timedelta(hours=1),
    )
    by_state: dict[str, timedelta] = setting(
        {},
        "LICTOR_RETENTION_BY_STATE",
        about='How long runs in some types of state are kept instead, as JSON with seconds: `{"FAILED": 31536000}`.',
    )
    logs: timedelta | None = setting(
        None,
        "LICTOR_RETENTION_LOGS",
        about="How long logs are kept; as long as their runs unless set.",
        gt=timedelta(0),
    )
    loop_seconds: float = setting(
        3600.0,
        "LICTOR_RETENTION_LOOP_SECONDS",
        about="How many seconds lie between two looks for runs and logs that are too old.",
        gt=0,
    )
    batch_size: int = setting(
        200,
        "PREFECT_SERVER_SERVICES_DB_VACUUM_BATCH_SIZE",
        about="How many rows are deleted in one transaction.",
        ge=1,
        le=10_000,
    )

    @property
    def deletes_runs(self) -> bool:
        """Whether runs are deleted at all."""
        return bool({"flow_runs", "true", "1"} & {part.strip().lower() for part in self.deletes.split(",")})

    @field_validator("deletes")
    @classmethod
    def _known(cls, deletes: str) -> str:
        known = {"events", "flow_runs", "orphans", "true", "false", "1", "0", ""}
        if unknown := {part.strip().lower() for part in deletes.split(",")} - known:
            raise ValueError(f"knows `events` and `flow_runs`, not {', '.join(sorted(unknown))}")
        return deletes

    @field_validator("by_state", mode="before")
    @classmethod
    def _parsed(cls, by_state: Any) -> Any:
        return json.loads(by_state) if isinstance(by_state, str) else by_state

    @field_validator("by_state")
    @classmethod
    def _of_ends(cls, by_state: dict[str, timedelta]) -> dict[str, timedelta]:
        if unknown := by_state.keys() - set(TERMINAL_STATES):
            raise ValueError(f"knows {', '.join(TERMINAL_STATES)}, not {', '.join(sorted(unknown))}")
        return by_state
