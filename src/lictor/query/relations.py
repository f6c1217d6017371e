"""How resources are reached from each other, and how what is asked of one bears on the rows of another."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lictor.db import functions
from lictor.db.functions import Statement
from lictor.query.compiler import Conditions
from lictor.query.criteria import Combinator
from lictor.query.filter_key import CriterionKey, FilterKey
from lictor.query.operators import ONE_VALUE, Clause


@dataclass(frozen=True, eq=False)
class Relation:
    """How one resource is reached from another: its table, the join, and what lies beyond it.

    `key` is the column that names the one related row; a to-many relation has none. A key that is `certain` proves that
    there is such a row, as a foreign key does. Of the rows of one key, indexes deliver those in the order of each column
    of `in_order`, together with the keys of the other relations. A to-many relation has `few_owners` where they are
    thousands at most; a to-one relation is `narrow` where few rows belong to each related one.
    """

    resource: str
    table: sa.Table
    on: Clause
    key: sa.Column[Any] | None = None
    beyond: tuple["Relation", ...] = ()
    certain: bool = False
    in_order: tuple[sa.Column[Any], ...] = ()
    few_owners: bool = False
    narrow: bool = False

    def is_asked(self, conditions: Conditions) -> bool:
        """Whether a filter on this resource or on one beyond it is present, even an empty one."""
        return self.resource in conditions.keys or any(further.is_asked(conditions) for further in self.beyond)

    def walk(self, conditions: Conditions) -> Iterator["Relation"]:
        """This relation and those beyond it that are asked for, each after the one it needs."""
        if self.is_asked(conditions):
            yield self
            for further in self.beyond:
                yield from further.walk(conditions)

    @property
    def resources(self) -> set[str]:
        """This resource and those beyond it."""
        return {self.resource}.union(*(further.resources for further in self.beyond))


def to_one(
    resource: str,
    table: sa.Table,
    key: sa.Column[Any],
    *beyond: Relation,
    certain: bool | None = None,
    in_order: tuple[sa.Column[Any], ...] = (),
    narrow: bool = False,
) -> Relation:
    """The resource of the one row whose id the key holds; whether that is certain, a foreign key says for itself."""
    if certain is None:
        certain = bool(key.foreign_keys)
    return Relation(resource, table, table.c.id == key, key, beyond, certain, in_order, narrow=narrow)


def to_many(resource: str, table: sa.Table, on: Clause, *beyond: Relation, few_owners: bool = False) -> Relation:
    """A resource of which many rows may belong to one; those beyond it are to-one from there."""
    return Relation(resource, table, on, None, beyond, few_owners=few_owners)


Reach = Callable[[Statement, Relation, Conditions, Conditions], Statement]
"""How what is asked of a to-one relation is put to a statement.

It is given all conditions, and what is left of them: nothing of the resources that were reached already.
"""


def join(statement: Statement, relation: Relation, conditions: Conditions, remaining: Conditions) -> Statement:
    """Joins the related row, which leaves the planner every order."""
    del conditions
    return _joining(statement, relation.walk(remaining), remaining)


def semi_join(statement: Statement, relation: Relation, conditions: Conditions, remaining: Conditions) -> Statement:
    """Finds the related rows that match once, and holds what is walked through only against their ids."""
    del remaining
    assert relation.key is not None
    return statement.where(functions.in_subquery(relation.key, related_ids(relation, conditions)))


def lateral_lookup(
    statement: Statement, relation: Relation, conditions: Conditions, remaining: Conditions
) -> Statement:
    """Looks for the related row of each that is walked through, and remembers those it has met.

    For a page that takes few steps, however many related rows match.
    """
    del conditions
    row = functions.by_itself(_related(relation, remaining)).lateral(f"matching_{relation.resource}")
    return statement.join(row, sa.true())


def related_ids(relation: Relation, conditions: Conditions) -> Statement:
    """The ids of the rows of a to-one relation that match, with what is asked beyond it."""
    _, *further = relation.walk(conditions)
    ids: Statement = sa.select(relation.table.c.id)
    if (key := conditions.key(relation.resource)) is not None:
        ids = ids.where(conditions.clause(key))
    return _joining(ids, further, conditions)


def related_owners(relation: Relation, conditions: Conditions) -> Statement:
    """Of the rows of a to-many relation that match, to which row each belongs."""
    first, *further = relation.walk(conditions)
    owner = first.on.left
    owners: Statement = sa.select(owner).where(owner.is_not(None))
    if (key := conditions.key(first.resource)) is not None:
        owners = owners.where(conditions.clause(key))
    return _joining(owners, further, conditions)


def matching(
    statement: Statement, own: str, relations: Iterable[Relation], conditions: Conditions, reach: Reach = join
) -> Statement:
    """The statement, which reads the resource `own`, with all that is asked of its rows.

    A to-many relation is asked whether a matching row exists. A resource that is reached directly need not be reached
    through another one.
    """
    if conditions.own_ids is not None:
        statement = statement.where(conditions.term(*conditions.own_ids))
    if (key := conditions.key(own)) is not None:
        statement = statement.where(conditions.clause(key))
    remaining = conditions
    for relation in relations:
        if not relation.is_asked(remaining):
            continue
        if (clause := _by_key(relation, remaining)) is not None:
            statement = statement.where(clause)
        elif relation.key is None:
            rows = _related(relation, remaining)
            # By itself, PostgreSQL stops at the first related row of each owner; else it may begin with the others.
            statement = statement.where((functions.by_itself(rows) if relation.few_owners else rows).exists())
        else:
            statement = reach(statement, relation, conditions, remaining)
        remaining = remaining.without(relation.resource)
    return statement


def ordered_relation(
    relations: Iterable[Relation], conditions: Conditions, column: sa.ColumnElement[Any]
) -> Relation | None:
    """The relation to the one row whose rows an index delivers in the order of the column, if it is asked for."""
    for relation in relations:
        key = conditions.key(relation.resource)
        if key is not None and any(column is each for each in relation.in_order) and names_one(relation.table, key):
            return relation
    return None


def _joining(statement: Statement, relations: Iterable[Relation], conditions: Conditions) -> Statement:
    for relation in relations:
        if (clause := _by_key(relation, conditions)) is not None:
            statement = statement.where(clause)
            continue
        statement = statement.join(relation.table, relation.on)
        if (key := conditions.key(relation.resource)) is not None:
            statement = statement.where(conditions.clause(key))
    return statement


def _related(relation: Relation, conditions: Conditions) -> Statement:
    """The matching rows that are related to one of the rows of a statement that holds this one."""
    first, *further = relation.walk(conditions)
    rows: Statement = sa.select(sa.literal_column("1")).select_from(first.table).where(first.on)
    if (key := conditions.key(first.resource)) is not None:
        rows = rows.where(conditions.clause(key))
    return _joining(rows, further, conditions)


def is_by_key(relation: Relation, conditions: Conditions) -> bool:
    """Whether a condition on the key is enough: no more than ids is asked of the related row, or it can be but one."""
    key = conditions.key(relation.resource)
    if key is None or relation.key is None or any(further.is_asked(conditions) for further in relation.beyond):
        return False
    if (relation.certain or key.resolved) and (key.is_empty or key.only_term("id", "any_") is not None):
        return True
    return names_one(relation.table, key)


def _by_key(relation: Relation, conditions: Conditions) -> Clause | None:
    """The condition on the key alone, where that is enough.

    The one row that is named is found first, so that rows that belong to it are walked through in an index's order.
    """
    key, column = conditions.key(relation.resource), relation.key
    if key is None or column is None or not is_by_key(relation, conditions):
        return None
    if key.is_empty:
        return column.is_not(None)
    if (relation.certain or key.resolved) and (ids := key.only_term("id", "any_")) is not None:
        return conditions.term(column, ids)
    return column == sa.select(relation.table.c.id).where(conditions.clause(key)).scalar_subquery()


def names_one(table: sa.Table, key: FilterKey) -> bool:
    """Whether no two rows of the table can match, as they would need the same value in a column of unique ones."""
    if key.operator is not Combinator.and_:
        return False
    criteria = dict(key.criteria)
    unique = (column.name for column in table.c if column.unique or column.primary_key)
    return any(_is_one_value(criteria[name]) for name in unique if name in criteria)


def _is_one_value(key: CriterionKey) -> bool:
    terms = [(term.word, term.form) for term in key.terms]
    return terms == [("any_", ONE_VALUE)] and not key.members
