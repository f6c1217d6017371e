"""Databases with the tables of Prefect that an import reads, as Prefect's migrations leave them, and rows for them."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from lictor.db.ids import uuid7

NEWEST = {"sqlite": "a3b9c7d2e5f1", "postgresql": "d4a7e1c93f52"}
OLDEST = {"sqlite": "f93e1439f022", "postgresql": "97429116795e"}

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

SQLITE_TYPES = {
    "uuid": "CHAR(36)",
    "time": "DATETIME",
    "span": "DATETIME",
    "json": "JSON",
    "plainjson": "JSON",
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "float": "FLOAT",
    "text": "VARCHAR",
    "state": "VARCHAR(9)",
    "status": "VARCHAR(9)",
}
POSTGRESQL_TYPES = {
    "uuid": "UUID",
    "time": "TIMESTAMP WITH TIME ZONE",
    "span": "INTERVAL",
    "json": "JSONB",
    "plainjson": "JSON",
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "float": "DOUBLE PRECISION",
    "text": "VARCHAR",
    "state": "state_type",
    "status": "VARCHAR",
}
ENUM = (
    "CREATE TYPE state_type AS ENUM ('SCHEDULED', 'PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED',"
    " 'PAUSED', 'CANCELLING')"
)

IDENTITY = {"id": "uuid", "created": "time", "updated": "time"}
STATE = {
    "type": "state",
    "timestamp": "time",
    "name": "text",
    "message": "text",
    "state_details": "json",
    "data": "json",
    "result_artifact_id": "uuid",
}
RUN = {
    "name": "text",
    "state_id": "uuid",
    "state_type": "state",
    "state_name": "text",
    "state_timestamp": "time",
    "run_count": "int",
    "expected_start_time": "time",
    "next_scheduled_start_time": "time",
    "start_time": "time",
    "end_time": "time",
    "total_run_time": "span",
    "empirical_policy": "json",
    "tags": "json",
    "labels": "json",
}
ARTIFACT = {
    "key": "text",
    "type": "text",
    "data": "plainjson",
    "description": "text",
    "metadata_": "plainjson",
    "flow_run_id": "uuid",
    "task_run_id": "uuid",
}
TABLES: dict[str, dict[str, str]] = {
    "flow": {"name": "text", "tags": "json", "labels": "json"},
    "work_pool": {
        "name": "text",
        "description": "text",
        "type": "text",
        "base_job_template": "json",
        "is_paused": "bool",
        "concurrency_limit": "int",
        "default_queue_id": "uuid",
        "status": "status",
        "last_transitioned_status_at": "time",
        "last_status_event_id": "uuid",
        "storage_configuration": "json",
    },
    "work_queue": {
        "name": "text",
        "filter": "json",
        "description": "text",
        "is_paused": "bool",
        "concurrency_limit": "int",
        "last_polled": "time",
        "priority": "int",
        "work_pool_id": "uuid",
        "status": "status",
    },
    "concurrency_limit": {"tag": "text", "concurrency_limit": "int", "active_slots": "json"},
    "concurrency_limit_v2": {
        "active": "bool",
        "name": "text",
        "limit": "int",
        "active_slots": "int",
        "denied_slots": "int",
        "slot_decay_per_second": "float",
        "avg_slot_occupancy_seconds": "float",
    },
    "deployment": {
        "name": "text",
        "version": "text",
        "description": "text",
        "flow_id": "uuid",
        "paused": "bool",
        "concurrency_limit": "int",
        "concurrency_limit_id": "uuid",
        "concurrency_options": "json",
        "infra_overrides": "json",
        "parameters": "json",
        "tags": "json",
        "labels": "json",
        "work_queue_name": "text",
        "work_queue_id": "uuid",
        "last_polled": "time",
        "parameter_openapi_schema": "json",
        "enforce_parameter_schema": "bool",
        "path": "text",
        "pull_steps": "json",
        "entrypoint": "text",
        "storage_document_id": "uuid",
        "infrastructure_document_id": "uuid",
        "created_by": "json",
        "updated_by": "json",
        "status": "status",
    },
    "deployment_schedule": {
        "deployment_id": "uuid",
        "schedule": "json",
        "active": "bool",
        "max_scheduled_runs": "int",
        "parameters": "json",
        "slug": "text",
    },
    "flow_run": RUN
    | {
        "flow_id": "uuid",
        "deployment_id": "uuid",
        "deployment_version": "text",
        "work_queue_id": "uuid",
        "work_queue_name": "text",
        "flow_version": "text",
        "parameters": "json",
        "idempotency_key": "text",
        "context": "json",
        "created_by": "json",
        "infrastructure_pid": "text",
        "infrastructure_document_id": "uuid",
        "job_variables": "json",
        "parent_task_run_id": "uuid",
        "auto_scheduled": "bool",
    },
    "task_run": RUN
    | {
        "flow_run_id": "uuid",
        "task_key": "text",
        "dynamic_key": "text",
        "cache_key": "text",
        "cache_expiration": "time",
        "task_version": "text",
        "flow_run_run_count": "int",
        "task_inputs": "json",
    },
    "flow_run_state": STATE | {"flow_run_id": "uuid"},
    "task_run_state": STATE | {"task_run_id": "uuid"},
    "flow_run_input": {"flow_run_id": "uuid", "key": "text", "value": "text", "sender": "text"},
    "task_run_state_cache": {"cache_key": "text", "cache_expiration": "time", "task_run_state_id": "uuid"},
    "artifact": ARTIFACT,
    "artifact_collection": ARTIFACT | {"latest_id": "uuid"},
    "log": {
        "name": "text",
        "level": "int",
        "flow_run_id": "uuid",
        "task_run_id": "uuid",
        "message": "text",
        "timestamp": "time",
    },
    "events": {
        "occurred": "time",
        "event": "text",
        "resource_id": "text",
        "resource": "json",
        "related_resource_ids": "json",
        "related": "json",
        "payload": "json",
        "received": "time",
        "recorded": "time",
        "follows": "uuid",
    },
    "event_resources": {
        "occurred": "time",
        "resource_id": "text",
        "resource_role": "text",
        "resource": "plainjson",
        "event_id": "uuid",
    },
    "variable": {"name": "text", "value": "json", "tags": "json"},
    "saved_search": {"name": "text", "filters": "json"},
    "block_type": {
        "name": "text",
        "slug": "text",
        "logo_url": "text",
        "documentation_url": "text",
        "description": "text",
        "code_example": "text",
        "is_protected": "bool",
    },
    "block_schema": {
        "checksum": "text",
        "fields": "json",
        "capabilities": "json",
        "version": "text",
        "block_type_id": "uuid",
    },
    "block_schema_reference": {
        "name": "text",
        "parent_block_schema_id": "uuid",
        "reference_block_schema_id": "uuid",
    },
    "block_document": {
        "name": "text",
        "data": "json",
        "is_anonymous": "bool",
        "block_type_name": "text",
        "block_type_id": "uuid",
        "block_schema_id": "uuid",
    },
    "block_document_reference": {
        "name": "text",
        "parent_block_document_id": "uuid",
        "reference_block_document_id": "uuid",
    },
    "configuration": {"key": "text", "value": "json"},
    "automation": {
        "name": "text",
        "description": "text",
        "enabled": "bool",
        "tags": "json",
        "trigger": "json",
        "actions": "json",
        "actions_on_trigger": "json",
        "actions_on_resolve": "json",
    },
    "automation_related_resource": {
        "automation_id": "uuid",
        "resource_id": "text",
        "automation_owned_by_resource": "bool",
    },
    "automation_bucket": {
        "automation_id": "uuid",
        "trigger_id": "uuid",
        "bucketing_key": "json",
        "start": "time",
        "end": "time",
        "count": "int",
        "last_event": "json",
    },
    "composite_trigger_child_firing": {
        "automation_id": "uuid",
        "parent_trigger_id": "uuid",
        "child_trigger_id": "uuid",
        "child_firing_id": "uuid",
        "child_fired_at": "time",
        "child_firing": "json",
    },
    "agent": {"name": "text"},
}
LATER = {
    ("flow", "labels"),
    ("flow_run", "labels"),
    ("task_run", "labels"),
    ("deployment", "labels"),
    ("deployment", "concurrency_options"),
    ("deployment", "concurrency_limit_id"),
    ("deployment_schedule", "parameters"),
    ("deployment_schedule", "slug"),
    ("work_pool", "storage_configuration"),
    ("automation", "tags"),
}

RUN_DEFAULTS = {"run_count": 0, "total_run_time": timedelta(0), "empirical_policy": {}, "tags": []}
DEFAULTS: dict[str, dict[str, Any]] = {
    "flow": {"tags": []},
    "work_pool": {
        "type": "process",
        "base_job_template": {},
        "is_paused": False,
        "status": "NOT_READY",
        "storage_configuration": {},
    },
    "work_queue": {"description": "", "is_paused": False, "priority": 1, "status": "NOT_READY"},
    "concurrency_limit": {"active_slots": []},
    "concurrency_limit_v2": {
        "active": True,
        "limit": 1,
        "active_slots": 0,
        "denied_slots": 0,
        "slot_decay_per_second": 0.0,
        "avg_slot_occupancy_seconds": 2.0,
    },
    "deployment": {
        "paused": False,
        "infra_overrides": {},
        "parameters": {},
        "tags": [],
        "enforce_parameter_schema": True,
        "status": "NOT_READY",
    },
    "deployment_schedule": {"active": True, "parameters": {}},
    "automation": {
        "name": "a",
        "description": "",
        "enabled": True,
        "tags": [],
        "actions": [{"type": "do-nothing"}],
        "actions_on_trigger": [],
        "actions_on_resolve": [],
    },
    "automation_bucket": {"bucketing_key": [], "start": NOON, "end": NOON + timedelta(days=3000), "count": 0},
    "composite_trigger_child_firing": {"child_firing_id": uuid7(), "child_fired_at": NOON},
    "flow_run": RUN_DEFAULTS | {"parameters": {}, "context": {}, "job_variables": {}, "auto_scheduled": False},
    "task_run": RUN_DEFAULTS | {"flow_run_run_count": 0, "task_inputs": {}},
    "flow_run_state": {"state_details": {}},
    "task_run_state": {"state_details": {}},
    "log": {"name": "prefect.flow_runs", "level": 20, "message": "hello", "timestamp": NOON},
    "events": {
        "occurred": NOON,
        "event": "told",
        "resource_id": "it",
        "resource": {"prefect.resource.id": "it"},
        "related_resource_ids": [],
        "related": [],
        "payload": {},
        "received": NOON,
        "recorded": NOON,
    },
    "variable": {"tags": []},
    "saved_search": {"filters": []},
    "block_type": {"is_protected": False},
    "block_schema": {"fields": {}, "capabilities": [], "version": "non-versioned"},
    "block_document": {"is_anonymous": False},
}


@dataclass(frozen=True)
class Raw:
    """A value that goes into a column as it is."""

    value: Any


@dataclass
class Prefect:
    """A database of Prefect's, to put rows into."""

    dialect: str
    url: str

    async def create_tables(self, revision: str) -> None:
        old = revision == OLDEST[self.dialect]
        types = SQLITE_TYPES if self.dialect == "sqlite" else POSTGRESQL_TYPES
        statements = [] if self.dialect == "sqlite" else [ENUM]
        for table, columns in TABLES.items():
            kept = {name: kind for name, kind in (IDENTITY | columns).items() if not (old and (table, name) in LATER)}
            listed = ", ".join(f'"{name}" {types[kind]}' for name, kind in kept.items())
            statements.append(f'CREATE TABLE "{table}" ({listed}, PRIMARY KEY (id))')
        statements.append("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        statements.append(f"INSERT INTO alembic_version VALUES ('{revision}')")
        await self.execute(*statements)

    async def add(self, table: str, **values: Any) -> UUID:
        """Adds a row, with defaults for what it needs; gives its id."""
        row = {"id": uuid7(), "created": NOON, "updated": NOON} | DEFAULTS.get(table, {}) | values
        await self.insert(table, {name: value for name, value in row.items() if value is not None})
        return row["id"]  # type: ignore[no-any-return]

    async def insert(self, table: str, row: Mapping[str, Any]) -> None:
        kinds = IDENTITY | TABLES[table]
        names = ", ".join(f'"{name}"' for name in row)
        values = [self._value(kinds[name], value) for name, value in row.items()]
        marks = "?" if self.dialect == "sqlite" else "$"
        listed = ", ".join("?" if marks == "?" else f"${number}" for number in range(1, len(row) + 1))
        await self.execute(f'INSERT INTO "{table}" ({names}) VALUES ({listed})', values=values)

    async def run(self, kind: str, state: str = "COMPLETED", *, at: datetime = NOON, **values: Any) -> UUID:
        """Adds a run and the state it is in."""
        state_id = uuid7()
        about_state = {
            "name": state.capitalize(),
            "state_details": values.pop("details", {}),
            "data": values.pop("data", None),
            "result_artifact_id": values.pop("artifact", None),
        }
        run = await self.stateless_run(kind, state, at=at, **values)
        link = {f"{kind}_run_id": run}
        await self.add(f"{kind}_run_state", id=state_id, type=state, timestamp=at, **about_state, **link)
        await self.execute(f"UPDATE {kind}_run SET state_id = '{state_id}' WHERE id = '{run}'")
        return run

    async def stateless_run(self, kind: str, state: str, *, at: datetime = NOON, **values: Any) -> UUID:
        """Adds a run that was in a state of which there is no row."""
        run = values.pop("id", uuid7())
        row = {"name": f"{kind}-{run}", "state_type": state, "state_name": state.capitalize(), "state_timestamp": at}
        if kind == "task":
            row |= {"task_key": "t", "dynamic_key": str(run)}
        return await self.add(f"{kind}_run", id=run, **(row | values))

    async def execute(self, *statements: str, values: list[Any] | None = None) -> None:
        if self.dialect == "sqlite":
            with closing(sqlite3.connect(self.url.partition(":///")[2])) as connection, connection:
                connection.execute("PRAGMA journal_mode = WAL")
                for statement in statements:
                    connection.execute(statement, values or [])
            return
        connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        try:
            for statement in statements:
                await connection.execute(statement, *(values or []))
        finally:
            await connection.close()

    def _value(self, kind: str, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Raw):
            return value.value
        if kind.endswith("json"):
            return json.dumps(value)
        if self.dialect == "postgresql":
            return value
        match value:
            case UUID():
                return str(value)
            case datetime():
                return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
            case timedelta():
                return (datetime(1970, 1, 1) + value).isoformat(" ", "microseconds")
        return value
