"""A family of objects as lists see it: its table, how others are reached from it, and its orders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import sqlalchemy as sa

from lictor.db.distinct import DistinctValues
from lictor.db.forms import Filled, steady
from lictor.db.functions import Statement, either, either_condition, end_of_part, part_of
from lictor.db.search import SearchIndex
from lictor.db.tally import Tally
from lictor.filters.compiler import (
    Filters,
    Relation,
    criteria_in,
    found_first,
    given,
    looked_up,
    matching,
    sole,
    to_one,
    walks,
)
from lictor.filters.criteria import Filter, Operator
from lictor.filters.operators import operator_for
from lictor.filters.reuse import note, reused

DEEP = 1_000
"""From this offset on, a page is found by its ids first: what is skipped is then read from an index only."""


@dataclass(frozen=True, eq=False)
class Order:
    """Rows by a column; by their ids, in the same direction, where it does not tell them apart.

    `first` is a column that goes before it; neither of the two is ever absent then.
    """

    column: sa.ColumnElement[Any]
    descending: bool = False
    first: sa.Column[Any] | None = None

    @property
    def columns(self) -> list[sa.ColumnElement[Any]]:
        return [self.column] if self.first is None else [self.first, self.column]

    @property
    def by_id(self) -> bool:
        return isinstance(self.column, sa.Column) and self.column.primary_key

    @property
    def has_nulls(self) -> bool:
        """Whether some rows may have no value here."""
        return not isinstance(self.column, sa.Column) or bool(self.column.nullable)

    def clauses(self, id: sa.Column[Any]) -> list[sa.ColumnElement[Any]]:
        """What ORDER BY says."""
        columns = [id] if self.column is id else [*self.columns, id]
        return [column.desc() if self.descending else column.asc() for column in columns]


@dataclass(frozen=True, eq=False)
class Family:
    """`name` is what requests call it, and `orders` has an order for each of its sorts."""

    name: str
    table: sa.Table
    relations: tuple[Relation, ...]
    orders: Mapping[Any, Order]
    tally: Tally | None = None  # of the types of state, by what the rows belong to
    searched: tuple[str, ...] = ()
    """Criteria and families whose questions an index answers that has little more than the ids."""
    search: SearchIndex | None = None
    covered: tuple[str, ...] = ()
    """Criteria whose questions that index answers all by itself."""
    listed: DistinctValues | None = None
    """The values of a column whose criterion has the same name."""
    named: Mapping[str, sa.Column[Any]] = field(default_factory=dict)
    """Criteria that ask with `exists_` whether any row of another table has the id in this column, a foreign key."""

    def matching(self, statement: Statement, filters: Filters) -> Statement:
        """A statement on this table, with all that the filters ask of its rows."""
        return matching(statement, self.name, self.relations, filters)

    def has_all(self, filters: Filters) -> bool:
        """Whether every row matches, because nothing is asked. Of another family, even an empty filter asks for one."""
        own = filters.get(self.name)
        return (own is None or not given(own)) and not self._asks_others(filters)

    def _asks_others(self, filters: Filters) -> bool:
        """Whether anything is asked of another family, and be it only that there is one."""
        return any(asked is not None for family, asked in filters.items() if family != self.name)

    def added_up(self, statement: Statement, filters: Filters, **values: Any) -> Filled:
        """What a statement on this table, which is to be a constant, says of the rows that match.

        `values` has those of its parameters, which have names.
        """
        return reused((self, statement), filters, lambda: self.matching(statement, filters), **values)

    def count(self, filters: Filters) -> Filled:
        """How many rows match."""
        return reused((self, "count"), filters, lambda: self._count(filters))

    def _count(self, filters: Filters) -> Statement:
        if self.tally is not None and self._figures_say(filters):
            return self._of_figures(self.tally, self.tally.count, filters)
        count: Statement = sa.select(sa.func.count()).select_from(self.table)
        return self.matching(count, filters)

    def counts_by_state(self, filters: Filters) -> Filled:
        """How many of the rows that match are in each type of state, as `value` and `total`."""
        return reused((self, "counts by state"), filters, lambda: self._counts_by_state(filters))

    def _counts_by_state(self, filters: Filters) -> Statement:
        assert self.tally is not None, f"{self.name} have no states"
        if self._figures_say(filters):
            return self._of_figures(self.tally, self.tally.counts, filters)
        value = self.tally.column
        counts: Statement = sa.select(value.label("value"), sa.func.count().label("total"))
        return self.matching(counts.where(value.is_not(None)), filters).group_by(value)

    def _figures_say(self, filters: Filters) -> bool:
        """Whether the figures say it: nothing is asked but types of state, and what the rows belong to."""
        own = filters.get(self.name)
        if own is not None and given(own) and sole(own, "state", "type", "any_") is None:
            return False
        known = {self.name, *(owner.family for owner in self._owners)}
        return all(asked is None or family in known for family, asked in filters.items())

    def _of_figures(self, tally: Tally, statement: Statement, filters: Filters) -> Statement:
        """A statement on the figures, with what the filters ask."""
        own = filters.get(self.name)
        if own is not None and (types := sole(own, "state", "type", "any_")) is not None:
            statement = statement.where(note(own.state.type, "any_", tally.one_of(types)))  # type: ignore[attr-defined]
        return steady(matching(statement, self.name, self._owners, {**filters, self.name: None}))

    @cached_property
    def _owners(self) -> list[Relation]:
        """How what the rows belong to is reached from their figures."""
        if self.tally is None:
            return []
        return [
            to_one(relation.family, relation.table, self.tally.owner, certain=relation.certain)
            for relation in self.relations
            if relation.key is self.tally.by
        ]

    def _searches(self, filters: Filters, walked: Relation | None) -> bool:
        """Whether many rows may have to be looked at for each that matches: then by an index that is narrower."""
        families = self.searched if walked is None else filters.keys() - {self.name, walked.family}
        if any(filters.get(name) is not None for name in families):
            return True
        own = filters.get(self.name)
        asked = set() if own is None else given(own).keys()
        if own is not None and own.operator is Operator.or_ and not asked <= set(self.searched):
            return False  # the narrower index cannot tell of any row that it does not match
        return not asked.isdisjoint(self.searched)

    def page(self, rows: Statement, filters: Filters, sort: Any, *, limit: int, offset: int) -> Filled:
        """Those of the rows that match, in order, from an offset on.

        A statement is made once for the same `rows`, so they are to be a constant.
        """
        if offset == 0 and all(asked is None for asked in filters.values()):
            return Filled(_first_page(self, rows, sort, limit), {})
        deep = offset >= DEEP
        return reused(
            (self, rows, sort, deep),
            filters,
            lambda: self._page(rows, filters, sort, deep=deep),
            limit=limit,
            offset=offset,
        )

    def _page(self, rows: Statement, filters: Filters, sort: Any, *, deep: bool) -> Statement:
        order = self.orders[sort].clauses(self.table.c.id)
        ids = self._ids(rows, order)
        if (page := self._newest(ids, filters, self.orders[sort], deep=deep)) is not None:
            return self._rows_of(rows, page, order)
        walked = walks(self.relations, filters, self.orders[sort].column)
        if not deep and not self._searches(filters, walked):
            return self.matching(part_of(rows.order_by(*order)), filters)
        if not deep and not self._asks_others(filters):
            return part_of(rows.order_by(*order)).where(self._found(ids, filters))
        find = partial(matching, part_of(ids), self.name, self.relations, filters)
        if walked is None:
            return self._rows_of(rows, find().subquery("page"), order)
        page = either(postgresql=find(looked_up), sqlite=find(found_first), name="page")
        return self._rows_of(rows, page, order)

    def _newest(self, ids: Statement, filters: Filters, order: Order, *, deep: bool) -> sa.FromClause | None:
        """The ids of a page, newest first, if nothing is asked but what another table or an index tells in that order."""
        own = filters.get(self.name)
        if own is None or not (order.by_id and order.descending) or self._asks_others(filters):
            return None
        for criterion, key in self.named.items():
            if sole(own, criterion, "exists_"):
                keys: Statement = sa.select(key.label("id")).where(key.is_not(None)).distinct().order_by(key.desc())
                return part_of(keys).subquery("page")
        if not deep and (page := self._newest_of_values(own)) is not None:
            return page
        if self.search is not None and self._is_covered(own):
            return self.search.newest(ids, partial(self.matching, filters=filters))
        return None

    def _newest_of_values(self, own: Filter) -> sa.FromClause | None:
        """The same, if nothing is asked but a part of a value of which there is a list."""
        if self.listed is None or not (text := sole(own, name := self.listed.column.name, "like_")):
            return None
        like = operator_for(self.listed.column, "like_").clause
        return self.listed.newest(lambda column: note(getattr(own, name), "like_", like(column, text)))

    def _is_covered(self, own: Filter) -> bool:
        """Whether the index that is searched tells which rows match, and none is there for this alone."""
        criteria = criteria_in(own)
        if not criteria or not criteria <= set(self.covered) or sole(own, "state", "type", "any_") is not None:
            return False
        asked = given(own).keys()
        return len(asked) > 1 or not asked <= set(self.searched)

    def _found(self, ids: Statement, filters: Filters) -> sa.ColumnElement[bool]:
        """What the filters ask of a page's rows; SQLite finds their ids first, in an index that is narrower."""
        found = self.matching(ids.limit(end_of_part()), filters)
        assert found.whereclause is not None
        return either_condition(
            postgresql=found.whereclause, sqlite=self.table.c.id.in_(found.correlate(None).scalar_subquery())
        )

    def _ids(self, rows: Statement, order: list[sa.ColumnElement[Any]]) -> Statement:
        """The ids of the rows, in order."""
        ids: Statement = sa.select(self.table.c.id).select_from(self.table).order_by(*order)
        return ids if rows.whereclause is None else ids.where(rows.whereclause)

    def _rows_of(self, rows: Statement, page: sa.FromClause, order: list[sa.ColumnElement[Any]]) -> Statement:
        """Those of the rows whose ids a page has."""
        return rows.join(page, page.c.id == self.table.c.id).order_by(*order)


@lru_cache(maxsize=200)
def _first_page(family: Family, rows: Statement, sort: Any, limit: int) -> Statement:
    """The first rows in order, whichever they are. It has no parameters, so PostgreSQL has to plan it but once."""
    ordered: Statement = rows.order_by(*family.orders[sort].clauses(family.table.c.id))
    return ordered.limit(sa.literal_column(str(limit), sa.Integer))
