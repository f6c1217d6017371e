"""A family of objects as lists see it: its table, how others are reached from it, and its orders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import sqlalchemy as sa

from lictor.db.compiled_query import BoundQuery, generic_plan
from lictor.db.distinct_values import DistinctValues
from lictor.db.functions import Statement, end_of_part, part_of, per_dialect, per_dialect_condition
from lictor.db.grouped_counter import GroupedCounter
from lictor.db.search_index import SearchIndex
from lictor.query.compiler import (
    Filters,
    Relation,
    criteria_in,
    lateral_lookup,
    matching,
    only_value,
    ordered_relation,
    semi_join,
    set_fields,
    to_one,
)
from lictor.query.criteria import Combinator, Filter
from lictor.query.operators import operator_for
from lictor.query.reuse import note, reused

DEEP_OFFSET_ROWS = 1_000
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

    @property
    def moves(self) -> bool:
        """Whether rows change places as time goes by, so that no cursor can say where to go on."""
        return False

    def clauses(self, id: sa.Column[Any]) -> list[sa.ColumnElement[Any]]:
        """What ORDER BY says."""
        columns = [id] if self.column is id else [*self.columns, id]
        return [column.desc() if self.descending else column.asc() for column in columns]


@dataclass(frozen=True, eq=False, kw_only=True)
class GrowingOrder(Order):
    """Rows by a value that grows with the clock for few of them; rows that share one, by `then` and id, newest first.

    All other rows have it in the column `stored`, in whose order an index delivers them.
    """

    stored: sa.Column[Any]
    is_growing: sa.ColumnElement[bool]
    then: sa.Column[Any]

    @property
    def columns(self) -> list[sa.ColumnElement[Any]]:
        return [self.column, self.then]

    @property
    def moves(self) -> bool:
        return True

    def clauses(self, id: sa.Column[Any]) -> list[sa.ColumnElement[Any]]:
        return self._directed(self.column, self.then, id)

    def clauses_of(self, found: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        return self._directed(found.c.order_0, found.c.order_1, found.c.id)

    def clauses_of_stored(self, id: sa.Column[Any]) -> list[sa.ColumnElement[Any]]:
        """What ORDER BY says of rows whose value does not grow."""
        return self._directed(self.stored, self.then, id)

    def _directed(self, value: sa.ColumnElement[Any], *then: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
        return [value.desc() if self.descending else value.asc(), *(column.desc() for column in then)]


@dataclass(frozen=True, eq=False)
class ResourceQuery:
    """`name` is what requests call it, and `orders` has an order for each of its sorts."""

    name: str
    table: sa.Table
    relations: tuple[Relation, ...]
    orders: Mapping[Any, Order]
    counter: GroupedCounter | None = None  # of the types of state, by what the rows belong to
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
        return (own is None or not set_fields(own)) and not self._asks_others(filters)

    def _asks_others(self, filters: Filters) -> bool:
        """Whether anything is asked of another family, and be it only that there is one."""
        return any(filter_ is not None for family, filter_ in filters.items() if family != self.name)

    def added_up(self, statement: Statement, filters: Filters, **values: Any) -> BoundQuery:
        """What a statement on this table, which is to be a constant, says of the rows that match.

        `values` has those of its parameters, which have names.
        """
        return reused((self, statement), filters, lambda: self.matching(statement, filters), **values)

    def count(self, filters: Filters) -> BoundQuery:
        """How many rows match."""
        return reused((self, "count"), filters, lambda: self._count(filters))

    def _count(self, filters: Filters) -> Statement:
        if self.counter is not None and self._counters_suffice(filters):
            return self._from_counters(self.counter, self.counter.count, filters)
        count: Statement = sa.select(sa.func.count()).select_from(self.table)
        return self.matching(count, filters)

    def counts_by_state(self, filters: Filters) -> BoundQuery:
        """How many of the rows that match are in each type of state, as `value` and `total`."""
        return reused((self, "counts by state"), filters, lambda: self._counts_by_state(filters))

    def _counts_by_state(self, filters: Filters) -> Statement:
        assert self.counter is not None, f"{self.name} have no states"
        if self._counters_suffice(filters):
            return self._from_counters(self.counter, self.counter.counts, filters)
        value = self.counter.column
        counts: Statement = sa.select(value.label("value"), sa.func.count().label("total"))
        return self.matching(counts.where(value.is_not(None)), filters).group_by(value)

    def _counters_suffice(self, filters: Filters) -> bool:
        """Whether the figures say it: nothing is asked but types of state, and what the rows belong to."""
        own = filters.get(self.name)
        if own is not None and set_fields(own) and only_value(own, "state", "type", "any_") is None:
            return False
        known = {self.name, *(owner.family for owner in self._owners)}
        return all(filter_ is None or family in known for family, filter_ in filters.items())

    def _from_counters(self, counter: GroupedCounter, statement: Statement, filters: Filters) -> Statement:
        """A statement on the figures, with what the filters ask."""
        own = filters.get(self.name)
        if own is not None and (types := only_value(own, "state", "type", "any_")) is not None:
            statement = statement.where(note(own.state.type, "any_", counter.one_of(types)))  # type: ignore[attr-defined]
        return generic_plan(matching(statement, self.name, self._owners, {**filters, self.name: None}))

    @cached_property
    def _owners(self) -> list[Relation]:
        """How what the rows belong to is reached from their figures."""
        if self.counter is None:
            return []
        return [
            to_one(relation.family, relation.table, self.counter.owner, certain=relation.certain)
            for relation in self.relations
            if relation.key is self.counter.by
        ]

    def _searches(self, filters: Filters, walked: Relation | None) -> bool:
        """Whether many rows may have to be looked at for each that matches: then by an index that is narrower."""
        families = self.searched if walked is None else filters.keys() - {self.name, walked.family}
        if any(filters.get(name) is not None for name in families):
            return True
        own = filters.get(self.name)
        filter_ = set() if own is None else set_fields(own).keys()
        if own is not None and own.operator is Combinator.or_ and not filter_ <= set(self.searched):
            return False  # the narrower index cannot tell of any row that it does not match
        return not filter_.isdisjoint(self.searched)

    def page(self, rows: Statement, filters: Filters, sort: Any, *, limit: int, offset: int) -> BoundQuery:
        """Those of the rows that match, in order, from an offset on.

        A statement is made once for the same `rows`, so they are to be a constant.
        """
        if offset == 0 and not self.orders[sort].moves and all(filter_ is None for filter_ in filters.values()):
            return BoundQuery(_first_page(self, rows, sort, limit), {})
        deep = offset >= DEEP_OFFSET_ROWS
        return reused(
            (self, rows, sort, deep),
            filters,
            lambda: self._page(rows, filters, sort, deep=deep),
            limit=limit,
            offset=offset,
        )

    def _page(self, rows: Statement, filters: Filters, sort: Any, *, deep: bool) -> Statement:
        order = self.orders[sort].clauses(self.table.c.id)
        if isinstance(merged := self.orders[sort], GrowingOrder):
            return self._rows_of(rows, self._merged(rows, filters, merged), order)
        ids = self._ids(rows, order)
        if (page := self._newest(ids, filters, self.orders[sort], deep=deep)) is not None:
            return self._rows_of(rows, page, order)
        walked = ordered_relation(self.relations, filters, self.orders[sort].column)
        if not deep and not self._searches(filters, walked):
            return self.matching(part_of(rows.order_by(*order)), filters)
        if not deep and not self._asks_others(filters):
            return part_of(rows.order_by(*order)).where(self._found(ids, filters))
        find = partial(matching, part_of(ids), self.name, self.relations, filters)
        if walked is None:
            return self._rows_of(rows, find().subquery("page"), order)
        page = per_dialect(postgresql=find(lateral_lookup), sqlite=find(semi_join), name="page")
        return self._rows_of(rows, page, order)

    def _merged(self, rows: Statement, filters: Filters, order: GrowingOrder) -> sa.FromClause:
        """The ids of a page: the few rows whose values grow are merged with all others, which an index has in order."""
        columns = [column.label(f"order_{number}") for number, column in enumerate(order.columns)]
        ids: Statement = sa.select(self.table.c.id, *columns).select_from(self.table)
        if rows.whereclause is not None:
            ids = ids.where(rows.whereclause)
        halves = (
            self.matching(ids.where(is_of_half).order_by(*order_by).limit(end_of_part()), filters).subquery().select()
            for is_of_half, order_by in (
                (sa.not_(order.is_growing), order.clauses_of_stored(self.table.c.id)),
                (order.is_growing, order.clauses(self.table.c.id)),
            )
        )
        found = sa.union_all(*halves).subquery("found")
        return part_of(sa.select(found.c.id).order_by(*order.clauses_of(found))).subquery("page")

    def _newest(self, ids: Statement, filters: Filters, order: Order, *, deep: bool) -> sa.FromClause | None:
        """The ids of a page, newest first, if nothing is asked but what another table or an index tells in that order."""
        own = filters.get(self.name)
        if own is None or not (order.by_id and order.descending) or self._asks_others(filters):
            return None
        for criterion, key in self.named.items():
            if only_value(own, criterion, "exists_"):
                keys: Statement = sa.select(key.label("id")).where(key.is_not(None)).distinct().order_by(key.desc())
                return part_of(keys).subquery("page")
        if not deep and (page := self._newest_of_values(own)) is not None:
            return page
        if self.search is not None and self._is_covered(own):
            return self.search.newest(ids, partial(self.matching, filters=filters))
        return None

    def _newest_of_values(self, own: Filter) -> sa.FromClause | None:
        """The same, if nothing is asked but a part of a value of which there is a list."""
        if self.listed is None or not (text := only_value(own, name := self.listed.column.name, "like_")):
            return None
        like = operator_for(self.listed.column, "like_").clause
        return self.listed.newest(lambda column: note(getattr(own, name), "like_", like(column, text)))

    def _is_covered(self, own: Filter) -> bool:
        """Whether the index that is searched tells which rows match, and none is there for this alone."""
        criteria = criteria_in(own)
        if not criteria or not criteria <= set(self.covered) or only_value(own, "state", "type", "any_") is not None:
            return False
        filter_ = set_fields(own).keys()
        return len(filter_) > 1 or not filter_ <= set(self.searched)

    def _found(self, ids: Statement, filters: Filters) -> sa.ColumnElement[bool]:
        """What the filters ask of a page's rows; SQLite finds their ids first, in an index that is narrower."""
        found = self.matching(ids.limit(end_of_part()), filters)
        assert found.whereclause is not None
        return per_dialect_condition(
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
def _first_page(family: ResourceQuery, rows: Statement, sort: Any, limit: int) -> Statement:
    """The first rows in order, whichever they are. It has no parameters, so PostgreSQL has to plan it but once."""
    ordered: Statement = rows.order_by(*family.orders[sort].clauses(family.table.c.id))
    return ordered.limit(sa.literal_column(str(limit), sa.Integer))
