"""The one compiler from filters to SQL."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lictor.db import functions
from lictor.db.functions import Statement
from lictor.query.criteria import Combinator, Criterion, Filter, RequestModel
from lictor.query.operators import Clause
from lictor.query.reuse import note

Filters = Mapping[str, Filter | None]
"""What a request asks of each family, by the family's name in the request."""


def compile_filter(filter_: Filter) -> Clause:
    """The condition a filter puts on the rows of its own table."""
    clauses = []
    for key, criterion in filter_.criteria.items():
        if not criterion.ignored and (value := getattr(filter_, key)) is not None:
            clause = _compile_criterion(criterion, value)
            # A criterion that asks nothing holds for every row, which matters under `or_`.
            clauses.append(sa.true() if clause is None else clause)
    clauses.extend(_further(filter_))
    return _joined(clauses, filter_.operator) if clauses else sa.true()


FLAT_CONJUNCTION_FILTERS = 10
"""SQLite's planner chains all that must hold at once; longer conjunctions are kept from it, as none may pass 1,000."""


def _further(filter_: Filter) -> Iterator[Clause]:
    """What the lists of further filters ask, a condition for each list that is not empty."""
    if filter_.all_of:
        clause = _joined([_nested(further, Combinator.and_) for further in filter_.all_of], Combinator.and_)
        yield clause.is_(sa.true()) if _size(filter_.all_of) > FLAT_CONJUNCTION_FILTERS else clause
    if filter_.any_of:
        yield _joined([_nested(further, Combinator.or_) for further in filter_.any_of], Combinator.or_)
    if filter_.none_of:
        # What is neither true nor false, as any comparison with NULL, does not match.
        yield _joined([compile_filter(further).is_not(sa.true()) for further in filter_.none_of], Combinator.and_)


def _nested(filter_: Filter, joined_by: Combinator) -> Clause:
    """The condition of a filter in a list, in brackets where it would grow together with its neighbours.

    SQLite's parser goes 100 brackets deep at most and takes a chain for a tree as deep as it is long, at most 1,000:
    so neither each filter in brackets nor none.
    """
    clause = compile_filter(filter_)
    return functions.in_brackets(clause) if filter_.operator is joined_by else clause


def _size(filters: Iterable[Filter]) -> int:
    """How many filters there are, with all those within them."""
    return sum(
        1 + sum(_size(further) for further in (each.all_of, each.any_of, each.none_of) if further) for each in filters
    )


def _compile_criterion(criterion: Criterion, model: RequestModel) -> Clause | None:
    """The condition of one criterion; None where nothing is asked."""
    if criterion.decide is not None:
        clause = criterion.decide(model)
        return None if clause is None else note(model, None, clause)
    clauses = [*_conditions(criterion, model), *_members(criterion, model)]
    if not clauses:
        return None
    return _joined(clauses, getattr(model, "operator", Combinator.and_))


def _conditions(criterion: Criterion, model: RequestModel) -> Iterator[Clause]:
    for word, condition in criterion.conditions.items():
        value = getattr(model, word)
        if value is not None and not (condition.ignore_empty and not value):
            yield note(model, word, condition.clause(value))


def _members(criterion: Criterion, model: RequestModel) -> Iterator[Clause]:
    for key, member in criterion.group.items():
        if (value := getattr(model, key)) is not None:
            clause = _compile_criterion(member, value)
            if clause is not None:
                yield clause


def _joined(clauses: Sequence[Clause], operator: Combinator) -> Clause:
    return sa.and_(*clauses) if operator is Combinator.and_ else sa.or_(*clauses)


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


def join(statement: Statement, relation: Relation, filters: Filters, remaining: Filters) -> Statement:
    """Joins the related row, which leaves the planner every order."""
    del filters
    return _joining(statement, relation.walk(remaining), remaining)


def semi_join(statement: Statement, relation: Relation, filters: Filters, remaining: Filters) -> Statement:
    """Finds the related rows that match once, and holds what is walked through only against their ids."""
    del remaining
    assert relation.key is not None
    _, *further = relation.walk(filters)
    ids: Statement = sa.select(relation.table.c.id)
    if (filter_ := filters.get(relation.family)) is not None:
        ids = ids.where(compile_filter(filter_))
    return statement.where(functions.in_subquery(relation.key, _joining(ids, further, filters)))


def lateral_lookup(statement: Statement, relation: Relation, filters: Filters, remaining: Filters) -> Statement:
    """Looks for the related row of each that is walked through, and remembers those it has met.

    For a page that takes few steps, however many related rows match.
    """
    del filters
    row = functions.by_itself(_related(relation, remaining)).lateral(f"matching_{relation.family}")
    return statement.join(row, sa.true())


def matching(
    statement: Statement, own: str, relations: Iterable[Relation], filters: Filters, reach: Reach = join
) -> Statement:
    """The statement, which reads the family `own`, with all that the filters ask of its rows.

    A to-many relation is asked whether a matching row exists. A family that is reached directly need not be reached
    through another one.
    """
    if (filter_ := filters.get(own)) is not None:
        statement = statement.where(compile_filter(filter_))
    remaining = filters
    for relation in relations:
        if not relation.is_asked(remaining):
            continue
        if (clause := _by_key(relation, remaining)) is not None:
            statement = statement.where(clause)
        elif relation.key is None:
            statement = statement.where(_related(relation, remaining).exists())
        else:
            statement = reach(statement, relation, filters, remaining)
        remaining = {**remaining, relation.family: None}
    return statement


def ordered_relation(relations: Iterable[Relation], filters: Filters, column: sa.ColumnElement[Any]) -> Relation | None:
    """The relation to the one row whose rows an index delivers in the order of the column, if it is asked for."""
    for relation in relations:
        filter_ = filters.get(relation.family)
        if (
            filter_ is not None
            and any(column is each for each in relation.in_order)
            and names_one(relation.table, filter_)
        ):
            return relation
    return None


def _joining(statement: Statement, relations: Iterable[Relation], filters: Filters) -> Statement:
    for relation in relations:
        if (clause := _by_key(relation, filters)) is not None:
            statement = statement.where(clause)
            continue
        statement = statement.join(relation.table, relation.on)
        if (filter_ := filters.get(relation.family)) is not None:
            statement = statement.where(compile_filter(filter_))
    return statement


def _related(relation: Relation, filters: Filters) -> Statement:
    """The matching rows that are related to one of the rows of a statement that holds this one."""
    first, *further = relation.walk(filters)
    rows: Statement = sa.select(sa.literal_column("1")).select_from(first.table).where(first.on)
    if (filter_ := filters.get(first.family)) is not None:
        rows = rows.where(compile_filter(filter_))
    return _joining(rows, further, filters)


def _by_key(relation: Relation, filters: Filters) -> Clause | None:
    """The condition on the key alone: where no more than ids is asked of the related row, or where it can be but one.

    That one is found first, so that rows that belong to it are walked through in the order of an index.
    """
    filter_, key = filters.get(relation.family), relation.key
    if filter_ is None or key is None or any(further.is_asked(filters) for further in relation.beyond):
        return None
    if relation.certain and not set_fields(filter_):
        return key.is_not(None)
    if relation.certain and (ids := only_value(filter_, "id", "any_")) is not None:
        return note(filter_.id, "any_", functions.value_in(key, ids))  # type: ignore[attr-defined]
    if names_one(relation.table, filter_):
        return key == sa.select(relation.table.c.id).where(compile_filter(filter_)).scalar_subquery()
    return None


def names_one(table: sa.Table, filter_: Filter) -> bool:
    """Whether no two rows of the table can match, as they would need the same value in a column of unique ones."""
    if filter_.operator is not Combinator.and_:
        return False
    unique = (column.name for column in table.c if column.unique or column.primary_key)
    values = set_fields(filter_)
    return any(len(only_value(values[name], "any_") or ()) == 1 for name in unique if name in values)


def set_fields(model: RequestModel) -> dict[str, Any]:
    """What a filter or a criterion asks: the value of each of its fields that is there, but for the operator."""
    # Past the attributes, as reading a deprecated one would warn.
    return {name: value for name, value in model.__dict__.items() if value is not None and name != "operator"}


def criteria_in(filter_: Filter) -> set[str]:
    """The criteria that a filter asks, and those of the filters within it."""
    values = set_fields(filter_)
    further = [each for word in ("all_of", "any_of", "none_of") for each in values.pop(word, ())]
    return {*values}.union(*map(criteria_in, further))


def only_value(model: RequestModel, field: str, *fields: str) -> Any:
    """The value that a path of fields leads to, if nothing else is asked along it; otherwise None."""
    values = set_fields(model)
    if values.keys() != {field}:
        return None
    return only_value(values[field], *fields) if fields else values[field]
