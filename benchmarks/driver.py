"""The limit: the bare driver runs the best SQL known on Lictor's tables, and orjson writes the same JSON. Nothing else.

    python -m benchmarks.driver DATABASE_URL PORT

The benchmark names each statement first, in the JSON of `POST /api/prepare`; then `GET /api/NAME` answers it. Uvicorn
speaks HTTP, with Lictor's own options: a server that is written in Python and meant for others than this benchmark has
no less to do.
"""

import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson
import uvicorn
import uvloop
from starlette.requests import Request

from benchmarks.history import EPOCH, micros
from benchmarks.shapes import Shape
from lictor.resources.task_runs.table import task_run_search

COLUMNS = (
    "task_run.id, task_run.created, task_run.updated, task_run.name, task_run.flow_run_id, task_run.task_key,"
    " task_run.dynamic_key, task_run.cache_key, task_run.cache_expiration, task_run.task_version,"
    " task_run.empirical_policy, task_run.tags, task_run.labels, task_run.state_id, task_run.task_inputs,"
    " task_run.state_type, task_run.state_name, task_run.run_count, task_run.flow_run_run_count,"
    " task_run.expected_start_time, task_run.next_scheduled_start_time, task_run.start_time, task_run.end_time,"
    " task_run.total_run_time, task_run.state_timestamp, task_run.state_message, task_run.state_data,"
    " task_run.state_details"
)
TERMINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

Answer = Callable[[], Awaitable[Any]]


class PostgreSQL:
    """Spells the best SQL, and runs it."""

    id = staticmethod("'{}'".format)
    moment = staticmethod("timestamptz '{}'".format)

    def has_tags(self, column: str, *tags: str) -> str:
        listed = ", ".join(f"'{tag}'" for tag in tags)
        return f"{column} @> ARRAY[{listed}]"

    def newest_named(self, part: str) -> str:
        return (
            "SELECT wanted FROM task_run_name CROSS JOIN LATERAL (SELECT id AS wanted FROM task_run"
            " WHERE name = task_run_name.name ORDER BY id DESC LIMIT 200) AS newest"
            f" WHERE name ILIKE '%{part}%' ORDER BY wanted DESC LIMIT 200"
        )

    def newest_searched(self, condition: str) -> str:
        halves = " UNION ALL ".join(
            f"(SELECT id FROM task_run WHERE {condition} AND {half} ORDER BY id DESC LIMIT 200)"
            for half in (task_run_search.short, task_run_search.long)
        )
        return f"SELECT id AS wanted FROM ({halves}) AS found ORDER BY id DESC LIMIT 200"

    async def open(self, url: str) -> None:
        self._connection = await asyncpg.connect(url, server_settings={"jit": "off"})

    async def rows(self, sql: str) -> Answer:
        statement = await self._connection.prepare(sql)

        async def answer() -> Any:
            return task_runs(await statement.fetch(), str, _as_it_is, _as_it_is)

        return answer

    async def number(self, sql: str) -> Answer:
        return (await self._connection.prepare(sql)).fetchval


class SQLite:
    """The same."""

    def id(self, text: str) -> str:
        return f"x'{UUID(text).hex}'"

    def moment(self, text: str) -> str:
        return str(micros(datetime.fromisoformat(text)))

    def has_tags(self, column: str, *tags: str) -> str:
        return " AND ".join(f"{column} LIKE '%\"{tag}\"%'" for tag in tags)  # none of ours needs an escape

    def newest_named(self, part: str) -> str:
        return (
            "SELECT id AS wanted FROM task_run"
            f" WHERE name IN (SELECT name FROM task_run_name WHERE name LIKE '%{part}%') ORDER BY id DESC LIMIT 200"
        )

    def newest_searched(self, condition: str) -> str:
        return f"SELECT id AS wanted FROM task_run WHERE {condition} ORDER BY id DESC LIMIT 200"

    async def open(self, url: str) -> None:
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("mmap_size = 1073741824", "cache_size = -65536", "query_only = ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def rows(self, sql: str) -> Answer:
        async def answer() -> Any:
            return task_runs(self._connection.execute(sql).fetchall(), _id_text, _moment, orjson.Fragment)

        return answer

    async def number(self, sql: str) -> Answer:
        async def answer() -> Any:
            return self._connection.execute(sql).fetchone()[0]

        return answer


class Dialect(Protocol):
    async def open(self, url: str) -> None: ...

    async def rows(self, sql: str) -> Answer: ...

    async def number(self, sql: str) -> Answer: ...


def dialect_of(url: str) -> PostgreSQL | SQLite:
    return SQLite() if url.startswith("sqlite") else PostgreSQL()


def statement_of(shape: Shape, url: str) -> dict[str, str] | None:
    """What to prepare for a shape, if its best SQL is known."""
    dialect = dialect_of(url)
    if shape.rows is not None:
        sql = f"SELECT {COLUMNS} FROM task_run {shape.rows(dialect)}"
        return {"name": shape.key, "kind": "object" if shape.question.method == "GET" else "rows", "sql": sql}
    if shape.number is not None:
        return {"name": shape.key, "kind": "number", "sql": shape.number(dialect)}
    return None


def _as_it_is(value: Any) -> Any:
    return value


def _id_text(raw: bytes) -> str:
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def task_runs(
    rows: Iterable[Any], id: Callable[[Any], str], moment: Callable[[Any], datetime], tags: Callable[[Any], Any]
) -> list[dict[str, Any]]:
    """Rows of COLUMNS as orjson writes them."""
    json = orjson.Fragment
    return [
        {
            "id": id(r[0]),
            "created": moment(r[1]),
            "updated": moment(r[2]),
            "name": r[3],
            "flow_run_id": r[4] and id(r[4]),
            "task_key": r[5],
            "dynamic_key": r[6],
            "cache_key": r[7],
            "cache_expiration": r[8] and moment(r[8]),
            "task_version": r[9],
            "empirical_policy": json(r[10]),
            "tags": tags(r[11]),
            "labels": r[12] and json(r[12]),
            "state_id": r[13] and id(r[13]),
            "task_inputs": json(r[14]),
            "state_type": r[15],
            "state_name": r[16],
            "run_count": r[17],
            "flow_run_run_count": r[18],
            "expected_start_time": r[19] and moment(r[19]),
            "next_scheduled_start_time": r[20] and moment(r[20]),
            "start_time": r[21] and moment(r[21]),
            "end_time": r[22] and moment(r[22]),
            "total_run_time": r[23] / 1_000_000,
            "estimated_run_time": _run_time(r[15], r[23], r[24] and moment(r[24])),
            "estimated_start_time_delta": _lateness(r[15], r[19] and moment(r[19]), r[21] and moment(r[21])),
            "state": {
                "id": id(r[13]),
                "type": r[15],
                "name": r[16],
                "timestamp": moment(r[24]),
                "message": r[25],
                "data": r[26] and json(r[26]),
                "state_details": json(r[27]),
            },
        }
        for r in rows
    ]


def _run_time(state_type: str, total: int, since: datetime) -> float:
    running = (datetime.now(UTC) - since).total_seconds() if state_type == "RUNNING" else 0
    return total / 1_000_000 + running


def _lateness(state_type: str, expected: datetime | None, start: datetime | None) -> float:
    if expected is None or (start is None and state_type in TERMINAL):
        return 0.0
    return max(((start or datetime.now(UTC)) - expected).total_seconds(), 0.0)


class App:
    """Answers with nothing between uvicorn and the driver."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._answers: dict[str, tuple[str, Answer]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        content = orjson.dumps(await self._content(Request(scope, receive)), option=orjson.OPT_UTC_Z)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _content(self, request: Request) -> Any:
        name = request.scope["path"].removeprefix("/api/")
        if name == "health":
            return True
        if name == "prepare":
            asked = orjson.loads(await request.body())
            prepare = self._dialect.number if asked["kind"] == "number" else self._dialect.rows
            self._answers[asked["name"]] = asked["kind"], await prepare(asked["sql"])
            return True
        kind, answer = self._answers[name]
        return (await answer())[0] if kind == "object" else await answer()


async def serve(url: str, port: int) -> None:
    dialect = dialect_of(url)
    await dialect.open(url)
    config = uvicorn.Config(
        App(dialect),
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1].replace("+aiosqlite", "").replace("+asyncpg", ""), int(sys.argv[2])))
