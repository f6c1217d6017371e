"""What the index that searches walk through takes, on PostgreSQL, and what is left to the index of the others."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.db.search_index import MAX_INDEXED_BYTES, MAX_INDEXED_TAG_CHARACTERS, MAX_INDEXED_TAGS
from lictor.resources.task_runs.table import task_run, task_run_search
from tests.incompressible import wide_text
from tests.make import Make

LONGEST = [
    wide_text(MAX_INDEXED_TAG_CHARACTERS)[n:] + wide_text(MAX_INDEXED_TAG_CHARACTERS)[:n]
    for n in range(MAX_INDEXED_TAGS)
]
NAME = wide_text(MAX_INDEXED_BYTES // 4)
ROOM = "x" * (MAX_INDEXED_BYTES % 4)  # bytes left for the name of the state
CASES: dict[str, tuple[bool, dict[str, Any]]] = {
    "next to nothing": (True, {"name": "x", "tags": []}),
    "the longest of all": (True, {"name": NAME, "tags": LONGEST, "state_name": ROOM}),
    "a tag more": (False, {"name": "x", "tags": [*LONGEST, "x"]}),
    "a longer tag": (False, {"name": "x", "tags": [LONGEST[0] + "x"]}),
    "longer texts": (False, {"name": NAME, "tags": [], "state_name": ROOM + "x"}),
}


@pytest.mark.parametrize(("short", "values"), CASES.values(), ids=CASES)
async def test_each_row_is_in_one_of_two_indexes_and_found(
    db: Database, api: httpx.AsyncClient, make: Make, short: bool, values: dict[str, Any]
) -> None:
    id = await make.task_run(**values)
    if db.dialect.name == "postgresql":
        told = sa.select(task_run_search.short, task_run_search.long).select_from(task_run)
        assert tuple(await db.read.first(told)) == (short, not short)
    asked = {"operator": "or_", "state": {"name": {"any_": ["?"]}}, "name": {"any_": [values["name"]]}}
    reply = await api.post("/task_runs/filter", json={"task_runs": asked})
    assert [each["id"] for each in reply.json()] == [str(id)]
