"""What the database is asked, and how it would go about it."""

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from lictor.db.compiled_query import BoundQuery, Runnable
from lictor.db.engine import Connection
from lictor.db.types import is_postgresql


class Explain(sa.Executable, sa.ClauseElement):
    """The plan of a statement, which is not run."""

    inherit_cache = False

    def __init__(self, statement: sa.Executable) -> None:
        self.statement = statement


@compiles(Explain, "postgresql")
def _on_postgresql(element: Explain, compiler: Any, **kw: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **kw)}"


@compiles(Explain, "sqlite")
def _on_sqlite(element: Explain, compiler: Any, **kw: Any) -> str:
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **kw)}"


async def plan_of(connection: Connection, statement: Runnable) -> Any:
    """The plan: on PostgreSQL as it writes it in JSON, on SQLite a line for each step."""
    statement = await connection.resolved(statement)
    if isinstance(statement, BoundQuery):
        statement = statement.with_values()
    rows = await connection.rows(Explain(statement))
    if is_postgresql(connection.dialect):
        return orjson.loads(rows[0][0])[0]["Plan"]
    depths = {0: 0}
    lines = []
    for id, above, _, step in rows:
        depths[id] = depths[above] + 1
        lines.append("  " * depths[above] + step)
    return lines


class _Recorder:
    """Answers the statements that go before another one, and remembers them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.sent: list[Runnable] = []

    async def all(self, statement: Runnable) -> Sequence[Any]:
        """All rows."""
        self.sent.append(statement)
        return await self._connection.all(statement)


async def explain(connection: Connection, statement: Runnable) -> list[dict[str, Any]]:
    """Of a statement, and of those that go before it, the strategy, the SQL, the values of its parameters, the plan."""
    recorder = _Recorder(connection)
    if isinstance(statement, BoundQuery) and statement.resolve is not None:
        statement = await statement.resolve(recorder)
    return [await _explain(connection, each) for each in (*recorder.sent, statement)]


async def _explain(connection: Connection, statement: Runnable) -> dict[str, Any]:
    strategy = ""
    if isinstance(statement, BoundQuery):
        strategy, statement = statement.plan().strategy, statement.with_values()
    assert isinstance(statement, sa.ClauseElement)
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    return {
        "strategy": strategy,
        "sql": compiled.string,
        "parameters": [compiled.params[name] for name in getattr(compiled, "positiontup", None) or ()],
        "plan": await plan_of(connection, statement),
    }
