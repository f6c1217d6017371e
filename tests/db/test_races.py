"""A walk that takes long is raced by a search, and whichever is first answers."""

import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.compiled_query import MANY_VALUES, BoundQuery, DriverCall, QueryPlan
from lictor.db.engine import Database, open_database
from lictor.db.functions import holds_trigram
from lictor.settings import DatabaseSettings
from tests.databases import settings_for
from tests.make import Make
from tests.serving import client_of

LONG = {
    "postgresql": "SELECT 'walk' FROM pg_sleep({seconds})",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {seconds} * 2000000)"
    " SELECT 'walk' FROM n WHERE i = {seconds} * 2000000",
}


def walk(db: Database, seconds: float, search: str = "SELECT 'search'", slots: Sequence[Any] = ()) -> BoundQuery:
    """A walk that takes about so long, and a search that does not."""
    text = LONG[db.read.dialect.name].format(seconds=seconds)
    other = BoundQuery(("search", text), {}, slots, plan=lambda: plan_of(search, walks=False))
    return BoundQuery(("walk", text), {}, slots, plan=lambda: plan_of(text, walks=True), other=lambda: other)


def plan_of(text: str, *, walks: bool) -> QueryPlan:
    column = sa.literal_column(text.removeprefix("SELECT ").partition(" FROM ")[0], sa.Text())
    statement = sa.select(column) if " FROM " not in text else sa.select(sa.text(f"* FROM ({text}) AS found"))
    return QueryPlan(statement, walks=walks)


@pytest.fixture
async def racing(database_url: str) -> AsyncIterator[Database]:
    """The database of this test, whose walks are raced at once."""
    settings = DatabaseSettings(connection_url=database_url, walk_seconds=0.001)
    async with open_database(settings) as db:
        yield db


async def test_a_walk_that_takes_long_is_overtaken(racing: Database) -> None:
    assert [row[0] for row in await racing.read.all(walk(racing, 20))] == ["search"]
    assert racing.read.connections_taken == 0


async def test_a_walk_may_be_first(racing: Database) -> None:
    search = LONG[racing.read.dialect.name].format(seconds=20)
    assert [row[0] for row in await racing.read.all(walk(racing, 0.2, search))] == ["walk"]
    assert racing.read.connections_taken == 0


async def test_the_long_lists_of_a_search_are_bound_in_a_thread(
    racing: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: dict[str, int] = {}

    def record(statement: Any) -> DriverCall:
        called[statement.key[0]] = threading.get_ident()
        return call(statement)

    call = racing.read.compiler.call
    monkeypatch.setattr(racing.read.compiler, "call", record)
    assert [row[0] for row in await racing.read.all(walk(racing, 20, slots=[[0] * (MANY_VALUES + 1)]))] == ["search"]
    assert called.keys() == {"walk", "search"}
    assert threading.get_ident() not in called.values()


async def test_without_the_setting_nothing_is_raced(db: Database) -> None:
    assert [row[0] for row in await db.read.all(walk(db, 0.2))] == ["walk"]


async def test_pages_are_the_same(racing: Database, make: Make, database_url: str) -> None:
    flow_run = await make.flow_run(flow_id=await make.flow("etl"))
    for number in range(20):
        await make.task_run(f"task {number % 7}", "COMPLETED", flow_run_id=flow_run)
    bodies = [
        {"flows": {"name": {"like_": "t"}}, "sort": sort, "limit": 5, "offset": 3}
        for sort in ("NAME_ASC", "END_TIME_DESC", "EXPECTED_START_TIME_ASC", "ID_DESC")
    ]
    answers = []
    for seconds in (None, 1e-9):
        settings = settings_for(database_url)
        database = settings.database.model_copy(update={"walk_seconds": seconds})
        async with client_of(settings.model_copy(update={"database": database})) as api:
            answers.append([await names(api, body) for body in bodies])
    assert answers[0] == answers[1]


async def names(api: httpx.AsyncClient, body: dict[str, object]) -> list[str]:
    return [row["name"] for row in (await api.post("/task_runs/filter", json=body)).json()]


@pytest.mark.parametrize("pattern", ["abc", "x abc", "ab ", " a", "a-b", "über", "ab%cde", "1_234"])
def test_patterns_that_hold_a_trigram(pattern: str) -> None:
    assert holds_trigram(pattern)


@pytest.mark.parametrize("pattern", ["", "a", "ab", "ü", "a_b", "ab%cd", "%%", "-", "ab\\"])
def test_patterns_that_hold_none(pattern: str) -> None:
    assert not holds_trigram(pattern)
