import sqlalchemy as sa
from sqlalchemy import event

from lictor.db.base import metadata
from lictor.db.distinct_values import DistinctValues
from lictor.db.functions import greatest, micros_between
from lictor.db.grouped_counter import GroupedCounter
from lictor.db.minute_rollup import MinuteRollup
from lictor.db.search_index import SearchIndex
from lictor.db.types import JSONText, Timestamp, UUIDType
from lictor.resources.states.schemas import TERMINAL
from lictor.resources.states.table import run_columns, state_columns

task_run = sa.Table(
    "task_run",
    metadata,
    *run_columns(
        sa.Column("flow_run_id", sa.ForeignKey("flow_run.id", ondelete="CASCADE")),
        # That of the flow run, which never changes: whoever writes the one writes the other, and both go with the flow run.
        sa.Column("flow_id", UUIDType),
        sa.Column("task_key", sa.Text, nullable=False),
        sa.Column("dynamic_key", sa.Text, nullable=False),
        sa.Column("cache_key", sa.Text),
        sa.Column("cache_expiration", Timestamp),
        sa.Column("task_version", sa.Text),
        sa.Column("flow_run_run_count", sa.Integer, nullable=False, default=0),
        sa.Column("task_inputs", JSONText, nullable=False),
    ),
    sa.UniqueConstraint("flow_run_id", "task_key", "dynamic_key"),
)

_ENDED = task_run.c.state_type.in_(sorted(TERMINAL))

sa.Index(None, task_run.c.state_type, task_run.c.expected_start_time, task_run.c.id)
sa.Index(None, task_run.c.state_type, task_run.c.id)
sa.Index(
    "ix_task_run__history",  # all that a history asks, so that it reads no rows
    task_run.c.expected_start_time,
    task_run.c.id,
    task_run.c.state_type,
    task_run.c.state_name,
    task_run.c.total_run_time,
    task_run.c.start_time,
    task_run.c.state_timestamp,
)
sa.Index(
    "ix_task_run__not_ended",  # all that a history asks of the few task runs that have no figures
    task_run.c.state_type,
    task_run.c.expected_start_time,
    postgresql_include=["state_name", "total_run_time", "start_time", "state_timestamp"],
    postgresql_where=sa.not_(_ENDED),
).ddl_if(dialect="postgresql")
sa.Index(None, task_run.c.next_scheduled_start_time, task_run.c.id)
sa.Index(None, task_run.c.start_time, task_run.c.state_type)
sa.Index(None, task_run.c.flow_run_id, task_run.c.id)
# Those of a flow, in two orders; what is asked of their flow runs, too, is answered without reading their rows.
sa.Index(None, task_run.c.flow_id, task_run.c.id, task_run.c.flow_run_id)
sa.Index(None, task_run.c.flow_id, task_run.c.end_time, task_run.c.id, task_run.c.flow_run_id)
sa.Index(None, task_run.c.end_time, task_run.c.id)
sa.Index(  # by duration, of equals the last to start first; backwards, few have the same but those that never ran
    "ix_task_run__duration",
    task_run.c.total_run_time,
    task_run.c.expected_start_time.desc(),
    task_run.c.id.desc(),
)
sa.Index(None, task_run.c.name, task_run.c.id)
sa.Index(
    "ix_task_run__keys_without_flow_run",
    task_run.c.task_key,
    task_run.c.dynamic_key,
    postgresql_where=task_run.c.flow_run_id.is_(None),
    sqlite_where=task_run.c.flow_run_id.is_(None),
)
sa.Index("ix_task_run__tags", task_run.c.tags, postgresql_using="gin").ddl_if(dialect="postgresql")
sa.Index(
    "ix_task_run__name_trigrams",
    task_run.c.name,
    postgresql_using="gin",
    postgresql_ops={"name": "gin_trgm_ops"},
).ddl_if(dialect="postgresql")

# How many names hold a text, PostgreSQL guesses from a sample of them; the usual one is too small to tell few from many.
event.listen(
    task_run,
    "after_create",
    sa.DDL("ALTER TABLE task_run ALTER COLUMN name SET STATISTICS 1000").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)

task_run_search = SearchIndex.on(task_run.c.tags, task_run.c.name, task_run.c.state_type, task_run.c.state_name)
# Mapped runs of one task have some thousand names, however many they are.
task_run_names = DistinctValues.of(task_run.c.name)
task_run_counter = GroupedCounter.of(task_run.c.state_type, by=task_run.c.flow_id)

# Task runs that have come to their end, by when they were to start, and by when they did. Those that have not are few,
# and how late they are, or for how long they have run, depends on when one asks.
task_runs_expected = MinuteRollup.by(
    task_run.c.expected_start_time,
    task_run.c.state_type,
    task_run.c.state_name,
    name="expected",
    of=_ENDED,
    run_time=greatest(0, sa.type_coerce(task_run.c.total_run_time, sa.BigInteger)),
    lateness=greatest(0, sa.func.coalesce(micros_between(task_run.c.expected_start_time, task_run.c.start_time), 0)),
)
task_runs_started = MinuteRollup.by(task_run.c.start_time, task_run.c.state_type, name="started", of=_ENDED)

task_run_state = sa.Table(
    "task_run_state",
    metadata,
    *state_columns(),
    sa.Column("task_run_id", sa.ForeignKey("task_run.id", ondelete="CASCADE"), nullable=False),
    sa.Index(None, "task_run_id", "timestamp", "id"),
    sa.Index(None, "type", "name", "timestamp"),
)

task_run_state_cache = sa.Table(
    "task_run_state_cache",
    metadata,
    sa.Column("id", UUIDType, primary_key=True),
    sa.Column("created", Timestamp, nullable=False),
    sa.Column("cache_key", sa.Text, nullable=False),
    sa.Column("cache_expiration", Timestamp),
    sa.Column("task_run_state_id", UUIDType, nullable=False),
    sa.Index(None, "cache_key", "created"),
)
