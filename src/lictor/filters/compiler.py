"""The one compiler from filters to SQL."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lictor.db import functions
from lictor.db.functions import Statement
from lictor.filters.criteria import Asked, Criterion, Filter, Operator
from lictor.filters.operators import Clause
from lictor.filters.reuse import note

Filters = Mapping[str, Filter | None]
"""What a request asks of each family, by the family's name in the request."""


def compile_filter(asked: Filter) -> Clause:
    """The condition a filter puts on the rows of its own table."""
    clauses = []
    for key, criterion in asked.criteria.items():
        if not criterion.inert and (value := getattr(asked, key)) is not None:
            clause = _compile_criterion(criterion, value)
            # A criterion that asks nothing holds for every row, which matters under `or_`.
            clauses.append(sa.true() if clause is None else clause)
    clauses.extend(_further(asked))
    return _joined(clauses, asked.operator) if clauses else sa.true()


WIDE = 10
"""SQLite's planner chains all that must hold at once; longer conjunctions are kept from it, as none may pass 1,000."""


def _further(asked: Filter) -> Iterator[Clause]:
    """What the lists of further filters ask, a condition for each list that is not empty."""
    if asked.all_of:
        clause = _joined([_nested(further, Operator.and_) for further in asked.all_of], Operator.and_)
        yield clause.is_(sa.true()) if _size(asked.all_of) > WIDE else clause
    if asked.any_of:
        yield _joined([_nested(further, Operator.or_) for further in asked.any_of], Operator.or_)
    if asked.none_of:
        # What is neither true nor false, as any comparison with NULL, does not match.
        yield _joined([compile_filter(further).is_not(sa.true()) for further in asked.none_of], Operator.and_)


def _nested(asked: Filter, joined_by: Operator) -> Clause:
    """The condition of a filter in a list, in brackets where it would grow together with its neighbours.

    SQLite's parser goes 100 brackets deep at most and takes a chain for a tree as deep as it is long, at most 1,000:
    so neither each filter in brackets nor none.
    """
    clause = compile_filter(asked)
    return functions.in_brackets(clause) if asked.operator is joined_by else clause


def _size(filters: Iterable[Filter]) -> int:
    """How many filters there are, with all those within them."""
    return sum(
        1 + sum(_size(further) for further in (each.all_of, each.any_of, each.none_of) if further) for each in filters
    )


def _compile_criterion(criterion: Criterion, asked: Asked) -> Clause | None:
    """The condition of one criterion; None where nothing is asked."""
    if criterion.decide is not None:
        clause = criterion.decide(asked)
        return None if clause is None else note(asked, None, clause)
    clauses = [*_conditions(criterion, asked), *_members(criterion, asked)]
    if not clauses:
        return None
    return _joined(clauses, getattr(asked, "operator", Operator.and_))


def _conditions(criterion: Criterion, asked: Asked) -> Iterator[Clause]:
    for word, condition in criterion.conditions.items():
        value = getattr(asked, word)
        if value is not None and not (condition.ignore_empty and not value):
            yield note(asked, word, condition.clause(value))


def _members(criterion: Criterion, asked: Asked) -> Iterator[Clause]:
    for key, member in criterion.group.items():
        if (value := getattr(asked, key)) is not None:
            clause = _compile_criterion(member, value)
            if clause is not None:
                yield clause


def _joined(clauses: Sequence[Clause], operator: Operator) -> Clause:
    return sa.and_(*clauses) if operator is Operator.and_ else sa.or_(*clauses)


@dataclass(frozen=True)
class Relation:
    """How one family is reached from another: its table, the join, and what lies beyond it.

    `key` is the column that names the one related row; a to-many relation has none. A key that is `certain` proves that
    there is such a row, as a foreign key does. Of the rows of one key, indexes deliver those in the order of each column
    of `in_order`, together with the keys of the other relations.
    """

    family: str
    table: sa.Table
    on: Clause
    key: sa.Column[Any] | None = None
    beyond: tuple["Relation", ...] = ()
    certain: bool = False
    in_order: tuple[sa.Column[Any], ...] = ()

    def is_asked(self, filters: Filters) -> bool:
        """Whether a filter on this family or on one beyond it is present, even an empty one."""
        return filters.get(self.family) is not None or any(further.is_asked(filters) for further in self.beyond)

    def walk(self, filters: Filters) -> Iterator["Relation"]:
        """This relation and those beyond it that are asked for, each after the one it needs."""
        if self.is_asked(filters):
            yield self
            for further in self.beyond:
                yield from further.walk(filters)


def to_one(
    family: str,
    table: sa.Table,
    key: sa.Column[Any],
    *beyond: Relation,
    certain: bool | None = None,
    in_order: tuple[sa.Column[Any], ...] = (),
) -> Relation:
    """The family of the one row whose id the key holds; whether that is certain, a foreign key says for itself."""
    if certain is None:
        certain = bool(key.foreign_keys)
    return Relation(family, table, table.c.id == key, key, beyond, certain, in_order)


def to_many(family: str, table: sa.Table, on: Clause, *beyond: Relation) -> Relation:
    """A family of which many rows may belong to one; those beyond it are to-one from there."""
    return Relation(family, table, on, None, beyond)


Reach = Callable[[Statement, Relation, Filters, Filters], Statement]
"""How what is asked of a to-one relation is put to a statement.

It is given what all the filters ask, and what is left of that: nothing of the families that were reached already.
"""


def joined(statement: Statement, relation: Relation, filters: Filters, left: Filters) -> Statement:
    """Joins the related row, which leaves the planner every order."""
    del filters
    return _joining(statement, relation.walk(left), left)


def found_first(statement: Statement, relation: Relation, filters: Filters, left: Filters) -> Statement:
    """Finds the related rows that match once, and holds what is walked through only against their ids."""
    del left
    assert relation.key is not None
    _, *further = relation.walk(filters)
    ids: Statement = sa.select(relation.table.c.id)
    if (asked := filters.get(relation.family)) is not None:
        ids = ids.where(compile_filter(asked))
    return statement.where(functions.among_found(relation.key, _joining(ids, further, filters)))


def looked_up(statement: Statement, relation: Relation, filters: Filters, left: Filters) -> Statement:
    """Looks for the related row of each that is walked through, and remembers those it has met.

    For a page that takes few steps, however many related rows match.
    """
    del filters
    row = functions.by_itself(_related(relation, left)).lateral(f"matching_{relation.family}")
    return statement.join(row, sa.true())


def matching(
    statement: Statement, own: str, relations: Iterable[Relation], filters: Filters, reach: Reach = joined
) -> Statement:
    """The statement, which reads the family `own`, with all that the filters ask of its rows.

    A to-many relation is asked whether a matching row exists. A family that is reached directly need not be reached
    through another one.
    """
    if (asked := filters.get(own)) is not None:
        statement = statement.where(compile_filter(asked))
    left = filters
    for relation in relations:
        if not relation.is_asked(left):
            continue
        if (clause := _by_key(relation, left)) is not None:
            statement = statement.where(clause)
        elif relation.key is None:
            statement = statement.where(_related(relation, left).exists())
        else:
            statement = reach(statement, relation, filters, left)
        left = {**left, relation.family: None}
    return statement


def walks(relations: Iterable[Relation], filters: Filters, column: sa.ColumnElement[Any]) -> Relation | None:
    """The relation to the one row whose rows an index delivers in the order of the column, if it is asked for."""
    for relation in relations:
        asked = filters.get(relation.family)
        if asked is not None and any(column is each for each in relation.in_order) and names_one(relation.table, asked):
            return relation
    return None


def _joining(statement: Statement, relations: Iterable[Relation], filters: Filters) -> Statement:
    for relation in relations:
        if (clause := _by_key(relation, filters)) is not None:
            statement = statement.where(clause)
            continue
        statement = statement.join(relation.table, relation.on)
        if (asked := filters.get(relation.family)) is not None:
            statement = statement.where(compile_filter(asked))
    return statement


def _related(relation: Relation, filters: Filters) -> Statement:
    """The matching rows that are related to one of the rows of a statement that holds this one."""
    first, *further = relation.walk(filters)
    rows: Statement = sa.select(sa.literal_column("1")).select_from(first.table).where(first.on)
    if (asked := filters.get(first.family)) is not None:
        rows = rows.where(compile_filter(asked))
    return _joining(rows, further, filters)


def _by_key(relation: Relation, filters: Filters) -> Clause | None:
    """The condition on the key alone: where no more than ids is asked of the related row, or where it can be but one.

    That one is found first, so that rows that belong to it are walked through in the order of an index.
    """
    asked, key = filters.get(relation.family), relation.key
    if asked is None or key is None or any(further.is_asked(filters) for further in relation.beyond):
        return None
    if relation.certain and not given(asked):
        return key.is_not(None)
    if relation.certain and (ids := sole(asked, "id", "any_")) is not None:
        return note(asked.id, "any_", functions.value_in(key, ids))  # type: ignore[attr-defined]
    if names_one(relation.table, asked):
        return key == sa.select(relation.table.c.id).where(compile_filter(asked)).scalar_subquery()
    return None


def names_one(table: sa.Table, asked: Filter) -> bool:
    """Whether no two rows of the table can match, as they would need the same value in a column of unique ones."""
    if asked.operator is not Operator.and_:
        return False
    unique = (column.name for column in table.c if column.unique or column.primary_key)
    values = given(asked)
    return any(len(sole(values[name], "any_") or ()) == 1 for name in unique if name in values)


def given(asked: Asked) -> dict[str, Any]:
    """What a filter or a criterion asks: the value of each of its fields that is there, but for the operator."""
    # Past the attributes, as reading a deprecated one would warn.
    return {name: value for name, value in asked.__dict__.items() if value is not None and name != "operator"}


def criteria_in(asked: Filter) -> set[str]:
    """The criteria that a filter asks, and those of the filters within it."""
    values = given(asked)
    further = [each for word in ("all_of", "any_of", "none_of") for each in values.pop(word, ())]
    return {*values}.union(*map(criteria_in, further))


def sole(asked: Asked, field: str, *fields: str) -> Any:
    """The value that a path of fields leads to, if nothing else is asked along it; otherwise None."""
    values = given(asked)
    if values.keys() != {field}:
        return None
    return sole(values[field], *fields) if fields else values[field]
