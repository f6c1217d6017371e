"""Rows for tests, each with defaults for all that a test does not care about."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.resources.artifacts.schemas import ArtifactCreate
from lictor.resources.artifacts.writes import make_artifact
from lictor.resources.automations.table import automation
from lictor.resources.automations.triggers import EventTrigger
from lictor.resources.block_documents.encryption import vault_to_write
from lictor.resources.block_documents.table import block_document
from lictor.resources.block_schemas.table import block_schema
from lictor.resources.block_types.table import block_type
from lictor.resources.concurrency_limits.table import global_limit, slot_lease, slot_lease_limit
from lictor.resources.deployments.table import deployment
from lictor.resources.flow_run_notification_policies.table import flow_run_notification_policy
from lictor.resources.flow_runs.table import flow_run, flow_run_state
from lictor.resources.flows.table import flow
from lictor.resources.logs.table import log
from lictor.resources.saved_searches.table import saved_search
from lictor.resources.states.rows import on_run, state_row
from lictor.resources.states.schemas import State, StateType
from lictor.resources.task_runs.schemas import TaskRunPolicy, policy_text
from lictor.resources.task_runs.table import task_run, task_run_state
from lictor.resources.variables.table import variable
from lictor.resources.webhooks.table import webhook
from lictor.resources.work_pools.table import work_pool, work_queue

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When what does not say otherwise happens."""

JSON_COLUMNS = {"labels", "parameters", "context", "job_variables", "created_by", "task_inputs", "value"}


class Make:
    """Makes rows and gives their ids."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._made: Counter[str] = Counter()

    async def change(self, statement: sa.Executable) -> None:
        """Runs a statement, one after the other where many hands do: they may well deadlock, which is not what is asked."""
        async with self.db.write() as tx:
            await tx.lock("one after the other")
            await tx.execute(statement)

    async def flow(self, name: str | None = None, **values: Any) -> UUID:
        return await self._add(flow, name, {"tags": [], "labels": {}}, values)

    async def flows(self, *names: str) -> list[UUID]:
        return [await self.flow(name) for name in names]

    async def deployment(self, name: str | None = None, **values: Any) -> UUID:
        values.setdefault("flow_id", None)
        values["flow_id"] = values["flow_id"] or await self.flow()
        defaults = {"tags": [], "labels": {}, "parameters": {}, "job_variables": {}}
        return await self._add(deployment, name, defaults, values)

    async def work_pool(self, name: str | None = None, **values: Any) -> UUID:
        defaults = {"type": "process", "base_job_template": "{}", "storage_configuration": "{}"}
        return await self._add(work_pool, name, defaults, values)

    async def work_queue(self, name: str | None = None, **values: Any) -> UUID:
        if "work_pool_id" not in values:
            values["work_pool_id"] = await self.work_pool()
        return await self._add(work_queue, name, {"priority": 1}, values)

    async def log(self, message: str = "hello", **values: Any) -> UUID:
        defaults = {"level": 20, "message": message, "timestamp": NOON}
        return await self._add(log, "prefect.flow_runs", defaults, values)

    async def saved_search(self, name: str | None = None, **values: Any) -> UUID:
        return await self._add(saved_search, name, {"filters": "[]"}, values)

    async def webhook(self, name: str | None = None, **values: Any) -> UUID:
        defaults = {"description": "", "enabled": True, "template": "{}", "token_hash": str(uuid7())}
        return await self._add(webhook, name, defaults | {"requests_per_minute": 1, "requests_left": 1.0}, values)

    async def notification_policy(self, **values: Any) -> UUID:
        trigger = EventTrigger.model_validate({"posture": "Reactive"}).model_dump_json()
        nothing = {"actions": "[]", "actions_on_trigger": "[]", "actions_on_resolve": "[]"}
        defaults = {"description": "", "enabled": False, "tags": [], "trigger": trigger}
        id = await self._add(automation, None, defaults | nothing, {})
        row = {"id": id, "created": NOON, "updated": NOON, "is_active": True, "state_names": [], "tags": []} | values
        row.setdefault("block_document_id", await self.block_document())
        await self.change(sa.insert(flow_run_notification_policy).values(row))
        return id

    async def variable(self, name: str | None = None, **values: Any) -> UUID:
        return await self._add(variable, name, {"value": None, "tags": []}, values)

    async def artifact(self, key: str | None = None, **values: Any) -> UUID:
        async with self.db.write() as tx:
            return await make_artifact(tx, ArtifactCreate(key=key, **values))

    async def limit(self, name: str | None = None, **values: Any) -> UUID:
        return await self._add(global_limit, name, {"limit": 5}, values)

    async def lease(self, *limits: UUID, **values: Any) -> UUID:
        row = {"id": uuid7(), "slots": 1, "expiration": datetime.now(UTC) + timedelta(minutes=5), **values}
        async with self.db.write() as tx:
            await tx.execute(sa.insert(slot_lease).values(row))
            for limit in limits:
                await tx.execute(sa.insert(slot_lease_limit).values(lease_id=row["id"], concurrency_limit_id=limit))
        return row["id"]

    async def block_type(self, name: str | None = None, **values: Any) -> UUID:
        return await self._add(block_type, name, {"slug": f"slug-{self._made['block_type']}"}, values)

    async def block_schema(self, **values: Any) -> UUID:
        if "block_type_id" not in values:
            values["block_type_id"] = await self.block_type()
        defaults = {"checksum": f"sha256:{self._made['block_schema']}", "fields": "{}", "capabilities": []}
        return await self._add(block_schema, None, {**defaults, "version": "1"}, values)

    async def block_document(self, name: str | None = None, **values: Any) -> UUID:
        if "block_schema_id" not in values:
            values["block_schema_id"] = await self.block_schema()
        async with self.db.write() as tx:
            sealed = (await vault_to_write(tx, ())).seal(values.pop("data", {}))
            schema = sa.select(block_type.c.id, block_type.c.name).join(block_schema)
            type_id, type_name = (await tx.all(schema.where(block_schema.c.id == values["block_schema_id"])))[0]
        defaults = {"data": sealed, "block_type_id": type_id, "block_type_name": type_name}
        return await self._add(block_document, name, defaults, values)

    async def flow_run(self, name: str | None = None, state: str | State | None = None, **values: Any) -> UUID:
        if "flow_id" not in values:
            values["flow_id"] = await self.flow()
        defaults = {"parameters": {}, "context": {}, "empirical_policy": "{}", "job_variables": {}}
        return await self._run(flow_run, flow_run_state, name, state, defaults, values)

    async def task_run(self, name: str | None = None, state: str | State | None = None, **values: Any) -> UUID:
        defaults = {
            "task_key": "extract",
            "dynamic_key": str(self._made["task_run"]),
            "empirical_policy": policy_text(TaskRunPolicy()),
            "task_inputs": {},
        }
        if (of := values.get("flow_run_id")) is not None:
            values["flow_id"] = sa.select(flow_run.c.flow_id).where(flow_run.c.id == of).scalar_subquery()
        return await self._run(task_run, task_run_state, name, state, defaults, values)

    async def task_runs(self, count: int, **values: Any) -> list[UUID]:
        return [await self.task_run(**values) for _ in range(count)]

    async def _run(
        self,
        table: sa.Table,
        states: sa.Table,
        name: str | None,
        state: str | State | None,
        defaults: dict[str, Any],
        values: dict[str, Any],
    ) -> UUID:
        defaults |= {"tags": [], "labels": {}, "total_run_time": timedelta(0), "expected_start_time": NOON}
        if isinstance(state, str):
            state = State(id=uuid7(), type=StateType(state), timestamp=NOON)
        if state is None:
            return await self._add(table, name, defaults, values)
        row = state_row(state)
        values = {"id": uuid7(), **values}
        in_state = sa.insert(states).values({**row, f"{table.name}_id": values["id"]})
        return await self._add(table, name, defaults | on_run(row), values, in_state)

    async def _add(
        self, table: sa.Table, name: str | None, defaults: dict[str, Any], values: dict[str, Any], *further: sa.Insert
    ) -> UUID:
        self._made[table.name] += 1
        row = {"id": uuid7(), "name": name or f"{table.name}-{self._made[table.name]}", **defaults, **values}
        if "name" not in table.c:
            del row["name"]
        for column in JSON_COLUMNS & row.keys():
            row[column] = None if row[column] is None else dump_json(row[column])
        async with self.db.write() as tx:
            await tx.execute(sa.insert(table).values(row))
            for statement in further:
                await tx.execute(statement)
        return row["id"]
