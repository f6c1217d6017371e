"""Statements on variables. `which` names one: by its id or by its name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.forms import Filled
from lictor.db.functions import Statement, insert_unless
from lictor.db.shape import Shape
from lictor.filters.compiler import Filters
from lictor.filters.cursor import Listing
from lictor.filters.family import Family, Order
from lictor.filters.operators import Clause
from lictor.variables.schemas import VariableSort
from lictor.variables.table import variable

VARIABLE = Shape(
    {
        "id": variable.c.id,
        "created": variable.c.created,
        "updated": variable.c.updated,
        "name": variable.c.name,
        "value": variable.c.value,
        "tags": variable.c.tags,
    }
)

FAMILY = Family(
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


def variable_list(filters: Filters, sort: VariableSort) -> Listing:
    """The variables that match, in order."""
    return Listing(FAMILY, VARIABLE, _ROWS, filters, sort)


def variable_count(filters: Filters) -> Filled:
    """How many variables match."""
    return FAMILY.count(filters)


def one_variable(which: Clause) -> Statement:
    """One variable."""
    return VARIABLE.select().where(which)


def another_with_name(which: Clause, name: str) -> Statement:
    """The id of another variable that has this name."""
    return sa.select(variable.c.id).where(with_name(name), sa.not_(which))


def insert_variable(row: Mapping[str, Any]) -> sa.Insert:
    """A new variable, unless there is one of this name."""
    return insert_unless(variable, row, "name")


def update_variable(which: Clause, changes: Mapping[str, Any]) -> sa.Update:
    """Changes columns of a variable."""
    return sa.update(variable).where(which).values(**changes, updated=utc_now())


def delete_variable(which: Clause) -> sa.Delete:
    """Deletes a variable."""
    return sa.delete(variable).where(which)
