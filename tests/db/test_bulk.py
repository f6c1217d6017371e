"""Many rows at once, straight to the driver."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from lictor.db.bulk import Insertion
from lictor.db.driver_errors import is_fault_of_rows
from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.resources.flows.table import flow
from tests.make import NOON

FLOWS = Insertion(flow, ("id", "created", "updated", "name", "tags", "labels"))


def row(name: str, labels: str | None = None) -> tuple:
    return (uuid7(), NOON, NOON, name, ["a", name], labels)


async def names(db: Database) -> list[str]:
    return [name for (name,) in await db.read.all(sa.select(flow.c.name).order_by(flow.c.name))]


@pytest.mark.parametrize("number", [0, 1, 2, 7, 300])
async def test_any_number_of_rows_is_added_as_it_is(db, number):
    rows = [row(f"f{place:03}", None if place % 3 else '{"x": 1}') for place in range(number)]
    async with db.write() as tx:
        await FLOWS.run(tx, rows)
    found = await db.read.all(sa.select(*FLOWS.columns).order_by(flow.c.name))
    assert list(map(tuple, found)) == rows


async def test_an_objection_of_the_database_is_named_and_nothing_is_left(db):
    with pytest.raises(IntegrityError) as refused:
        async with db.write() as tx:
            await FLOWS.run(tx, [row("first"), row("second"), row("third"), row("first")])
    assert is_fault_of_rows(refused.value)
    assert await names(db) == []
    async with db.write() as tx:
        await FLOWS.run(tx, [row("first")])
    assert await names(db) == ["first"]
