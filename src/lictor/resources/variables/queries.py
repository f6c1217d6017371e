"""Statements on variables. `which` names one: by its id or by its name."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.compiled_query import BoundQuery
from lictor.db.engine import Connection, Reader
from lictor.db.functions import Statement, insert_unless, value_in
from lictor.db.row_serializer import RowSerializer
from lictor.db.types import load_json
from lictor.query.cursor import ListQuery
from lictor.query.filter_key import Filters
from lictor.query.operators import Clause
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.variables.schemas import VariableSort
from lictor.resources.variables.table import variable

VARIABLE = RowSerializer(
    {
        "id": variable.c.id,
        "created": variable.c.created,
        "updated": variable.c.updated,
        "name": variable.c.name,
        "value": variable.c.value,
        "tags": variable.c.tags,
    }
)

VARIABLES = ResourceQuery(
    "variables",
    variable,
    (),
    {
        VariableSort.CREATED_DESC: Order(variable.c.created, descending=True),
        VariableSort.UPDATED_DESC: Order(variable.c.updated, descending=True),
        VariableSort.NAME_ASC: Order(variable.c.name),
        VariableSort.NAME_DESC: Order(variable.c.name, descending=True),
    },
)


def with_id(id: UUID) -> Clause:
    """The variable of an id."""
    return variable.c.id == id


def with_name(name: str) -> Clause:
    """The variable of a name."""
    return variable.c.name == name


_ROWS = VARIABLE.select().select_from(variable)


def variable_list(filters: Filters, sort: VariableSort) -> ListQuery:
    """The variables that match, in order."""
    return ListQuery(VARIABLES, VARIABLE, _ROWS, filters, sort)


def variable_count(filters: Filters) -> BoundQuery:
    """How many variables match."""
    return VARIABLES.count(filters)


def one_variable(which: Clause) -> Statement:
    """One variable."""
    return VARIABLE.select().where(which)


def variable_row(which: Clause) -> Statement:
    """One variable, as its row."""
    return sa.select(variable).where(which)


def another_with_name(which: Clause, name: str) -> Statement:
    """The id of another variable that has this name."""
    return sa.select(variable.c.id).where(with_name(name), sa.not_(which))


def insert_variable(row: Mapping[str, Any]) -> sa.Insert:
    """A new variable, unless there is one of this name."""
    return insert_unless(variable, row, "name")


def update_variable(which: Clause, changes: Mapping[str, Any]) -> sa.Executable:
    """Changes columns of a variable; returns its row."""
    return sa.update(variable).where(which).values(**changes, updated=utc_now()).returning(variable)


def delete_variable(which: Clause) -> sa.Executable:
    """Deletes a variable; returns its row."""
    return sa.delete(variable).where(which).returning(variable)


async def values_of(db: Reader | Connection, names: Iterable[str]) -> dict[str, Any]:
    """The values of variables by their names, those that are there."""
    wanted = list(names)
    if not wanted:
        return {}
    rows = await db.all(sa.select(variable.c.name, variable.c.value).where(value_in(variable.c.name, wanted)))
    return {row.name: None if row.value is None else load_json(row.value) for row in rows}
