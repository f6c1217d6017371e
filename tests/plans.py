"""How a database would answer a statement."""

import orjson

from lictor.db import explain
from lictor.db.compiled_query import DriverCall, Runnable
from lictor.db.engine import Database


async def plan_of(db: Database, statement: Runnable) -> str:
    """The plan as text: a line for each node on SQLite, indented JSON on PostgreSQL."""
    async with db.read.connection() as lane:
        plan = await explain.plan_of(lane, statement)
    return "\n".join(plan) if isinstance(plan, list) else orjson.dumps(plan, option=orjson.OPT_INDENT_2).decode()


async def plan_of_sent(db: Database, ready: DriverCall) -> str:
    """The plan of a statement as it was sent, with its values."""
    verb = "EXPLAIN QUERY PLAN" if db.dialect.name == "sqlite" else "EXPLAIN (FORMAT JSON)"
    async with db.read.pool.connection() as fetch:
        rows = await fetch(f"{verb} {ready.sql}", ready.values)
    if db.dialect.name == "sqlite":
        return "\n".join(row[-1] for row in rows)
    return orjson.dumps(orjson.loads(rows[0][0]), option=orjson.OPT_INDENT_2).decode()
