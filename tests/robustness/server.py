"""A server and its database, asked one request at a time."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import httpx
import sqlalchemy as sa

from lictor.db.base import metadata
from lictor.db.engine import Database
from lictor.settings import Settings
from tests.robustness.document import Json
from tests.robustness.world import World
from tests.serving import client_to, running

Rows = dict[str, list[Any]]

TABLES = [table for table in metadata.sorted_tables if not table.name.endswith("_tally")]
"""All but those that triggers write."""

COUNTS = sa.select(
    *(sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in TABLES),
    *(sa.select(sa.func.max(table.c.updated)).scalar_subquery() for table in TABLES if "updated" in table.c),
)


class Server:
    """Asks, and knows what the database holds. Not async, because neither schemathesis nor hypothesis is."""

    world: World
    rows_of_world: Rows

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient, db: Database) -> None:
        self._runner = runner
        self._client = client
        self._db = db

    async def make_world(self) -> None:
        self.world = await World.made(self._db)
        self.rows_of_world = await self._rows()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, sent as httpx sends it."""
        return self._runner.run(self._client.request(method, path, **options))

    def ask_json(self, method: str, path: str, body: Json) -> httpx.Response:
        """One request with a body: any Python value that JSON may hold, and NaN, infinities and lone surrogates."""
        return self.ask(method, path, content=json.dumps(body), headers={"content-type": "application/json"})

    def counts(self) -> tuple[Any, ...]:
        """How many rows each table has, and when one of them changed last: in one statement, for it is asked often."""
        return self._runner.run(self._counts())

    async def _counts(self) -> tuple[Any, ...]:
        return tuple(await self._db.read.first(COUNTS) or ())

    def rows(self) -> Rows:
        """Everything that is in the database."""
        return self._runner.run(self._rows())

    async def _rows(self) -> Rows:
        async with self._db.read.connection() as lane:
            found = {table.name: await lane.all(sa.select(table)) for table in TABLES}
        return {name: sorted(rows, key=str) for name, rows in found.items()}

    def restore(self) -> None:
        """Leaves nothing in the database but the world."""
        self._runner.run(self._restore())

    async def _restore(self) -> None:
        found = await self._rows()
        touched = _with_dependents({table for table in TABLES if found[table.name] != self.rows_of_world[table.name]})
        if not touched:
            return
        async with self._db.write() as tx:
            for table in reversed(touched):
                await tx.execute(sa.delete(table))
            for table in touched:
                if rows := self.rows_of_world[table.name]:
                    await tx.execute(sa.insert(table), [row._asdict() for row in rows])


def _with_dependents(changed: set[sa.Table]) -> list[sa.Table]:
    """These tables and all whose rows go or change with theirs; each after those that it refers to."""
    touched: list[sa.Table] = []
    for table in TABLES:
        if table in changed or any(key.column.table in touched for key in table.foreign_keys):
            touched.append(table)
    return touched


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """A server on an empty database, in which it makes a world."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> Server:
            app, state = await stack.enter_async_context(running(settings))
            client = await stack.enter_async_context(client_to(app))
            server = Server(runner, client, state["db"])
            await server.make_world()
            return server

        yield runner.run(start())
        runner.run(stack.aclose())
