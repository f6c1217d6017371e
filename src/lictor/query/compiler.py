"""From the keys of filters to SQL: the only place where a criterion becomes a condition."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lictor.db import functions
from lictor.query.binds import Bind, Binds
from lictor.query.criteria import Combinator, Criterion
from lictor.query.filter_key import CriterionKey, FilterKey, Filters, Term, keys_of
from lictor.query.operators import NO_VALUES, Clause, operator_for

OwnIds = tuple[sa.ColumnElement[Any], Term]
"""The column of the rows' own ids, and those among which it is."""


class Conditions:
    """The conditions of a set of filters, by resource, as SQL; the statement's bind parameters are collected here."""

    def __init__(
        self, keys: Mapping[str, FilterKey], binds: Binds | None = None, own_ids: OwnIds | None = None
    ) -> None:
        self.keys = keys
        self.binds = Binds() if binds is None else binds
        self.own_ids = own_ids
        """Which of the rows themselves can match at all."""

    def key(self, resource: str) -> FilterKey | None:
        """What is asked of a resource; None where nothing is."""
        return self.keys.get(resource)

    @property
    def contradictory(self) -> bool:
        """Whether no row can match."""
        found = self.own_ids is not None and self.own_ids[1].form == NO_VALUES
        return found or any(key.contradictory for key in self.keys.values())

    def without(self, resource: str) -> "Conditions":
        """What is left when one resource is dealt with."""
        return Conditions({name: key for name, key in self.keys.items() if name != resource}, self.binds)

    def clause(self, key: FilterKey) -> Clause:
        """The condition that a filter puts on the rows of its own table."""
        return sa.false() if key.contradictory else _filter_clause(key, self.binds)

    def term(self, column: sa.ColumnElement[Any], term: Term) -> Clause:
        """The condition that a single operator puts on a column, which may be another than its own."""
        return operator_for(column, term.word).clause(column, _bind(term, self.binds))


def with_filters(statement: sa.Select[Any], resource: str, filters: Filters) -> sa.Select[Any]:
    """The statement with what the filter on one resource asks, its values included."""
    keys, slots = keys_of(filters)
    conditions = Conditions(keys)
    if (key := conditions.key(resource)) is not None:
        statement = statement.where(conditions.clause(key))
    return statement.params(conditions.binds.values(slots))


MAX_FLAT_FILTERS = 10
"""SQLite's planner chains all that must hold at once; longer conjunctions are kept from it, as none may pass 1,000."""


def _filter_clause(key: FilterKey, binds: Binds) -> Clause:
    assert key.kind is not None, "ids that were found are asked of the key"
    criteria = key.kind.criteria
    clauses = [_criterion_clause(criteria[name], each, binds) for name, each in key.criteria]
    # A criterion that asks nothing holds for every row, which matters under `or_`.
    found = [sa.true() if clause is None else clause for clause in clauses]
    found += _further_clauses(key, binds)
    return _joined(found, key.operator) if found else sa.true()


def _further_clauses(key: FilterKey, binds: Binds) -> Iterator[Clause]:
    """What the lists of further filters ask, a condition for each list that is not empty."""
    if key.all_of:
        clause = _joined([_nested(further, Combinator.and_, binds) for further in key.all_of], Combinator.and_)
        yield clause.is_(sa.true()) if _size(key.all_of) > MAX_FLAT_FILTERS else clause
    if key.any_of:
        yield _joined([_nested(further, Combinator.or_, binds) for further in key.any_of], Combinator.or_)
    if key.none_of:
        # What is neither true nor false, as any comparison with NULL, does not match.
        barred = [_filter_clause(further, binds).is_not(sa.true()) for further in key.none_of]
        yield _joined(barred, Combinator.and_)


def _nested(key: FilterKey, joined_by: Combinator, binds: Binds) -> Clause:
    """The condition of a filter in a list, in brackets where it would grow together with its neighbours.

    SQLite's parser goes 100 brackets deep at most and takes a chain for a tree as deep as it is long, at most 1,000:
    so neither each filter in brackets nor none.
    """
    clause = _filter_clause(key, binds)
    return functions.in_brackets(clause) if key.operator is joined_by else clause


def _size(keys: Iterable[FilterKey]) -> int:
    """How many filters there are, with all those within them."""
    return sum(1 + _size((*key.all_of, *key.any_of, *key.none_of)) for key in keys)


def _criterion_clause(criterion: Criterion, key: CriterionKey, binds: Binds) -> Clause | None:
    """The condition of one criterion; None where nothing is asked."""
    if criterion.custom is not None:
        return criterion.custom({term.word: _bind(term, binds) for term in key.terms})
    if key.contradictory:
        return sa.false()
    clauses = [criterion.conditions[term.word].clause(_bind(term, binds)) for term in key.terms]
    members = (_criterion_clause(criterion.group[name], each, binds) for name, each in key.members)
    clauses += [clause for clause in members if clause is not None]
    return _joined(clauses, key.operator) if clauses else None


def _bind(term: Term, binds: Binds) -> Bind:
    return binds.bind(term.slot, term.form)


def _joined(clauses: Sequence[Clause], operator: Combinator) -> Clause:
    return sa.and_(*clauses) if operator is Combinator.and_ else sa.or_(*clauses)
