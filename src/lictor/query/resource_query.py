"""A resource as lists and counts see it: its table, how others are reached from it, and its orders."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa

from lictor.db.compiled_query import Answering, BoundQuery, QueryPlan, Resolve
from lictor.db.distinct_values import DistinctValues
from lictor.db.functions import Statement
from lictor.db.grouped_counter import GroupedCounter
from lictor.db.search_index import SearchIndex
from lictor.query.compiler import Conditions
from lictor.query.count_strategies import CountRequest, count_plan, counters_suffice
from lictor.query.filter_key import FilterKey, Filters, Slots, Term, keys_of
from lictor.query.page_strategies import DEEP_OFFSET_ROWS, PageRequest, page_plan, search_plan
from lictor.query.related_sets import RelatedSets
from lictor.query.relations import Relation, matching, ordered_relation, to_one


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

    def clauses_of(self, found: sa.FromClause) -> list[sa.ColumnElement[Any]]:
        """The same of rows that were found, which have `id` and, as `order_0` and so on, the columns."""
        columns = [found.c[f"order_{number}"] for number, _ in enumerate(self.columns)]
        columns = [found.c.id] if self.by_id else [*columns, found.c.id]
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
    certain_with_owner: tuple[str, ...] = ()
    """Resources of which each row has one if, and only if, it has what the counters are grouped by."""
    searched: tuple[str, ...] = ()
    """Criteria and resources whose questions an index answers that has little more than the ids."""
    search: SearchIndex | None = None
    covered: tuple[str, ...] = ()
    """Criteria whose questions that index answers all by itself."""
    listed: DistinctValues | None = None
    """The values of a column whose criterion has the same name."""
    named: Mapping[str, sa.Column[Any]] = field(default_factory=dict)
    """Criteria that ask with `exists_` whether any row of another table has the id in this column, a foreign key."""

    @cached_property
    def owners(self) -> list[Relation]:
        """How what the rows belong to is reached from their counters."""
        if self.counter is None:
            return []
        return [
            to_one(relation.resource, relation.table, self.counter.owner, certain=relation.certain)
            for relation in self.relations
            if relation.key is self.counter.by
        ]

    @cached_property
    def filtered(self) -> set[str]:
        """The resources that filters may speak of."""
        return {self.name}.union(*(relation.resources for relation in self.relations))

    def matching(self, statement: Statement, filters: Filters) -> Statement:
        """A statement on this table with all that the filters ask of its rows, their values included."""
        keys, slots = self._keys_of(filters)
        conditions = Conditions(keys)
        found = matching(statement, self.name, self.relations, conditions)
        return found.params(conditions.binds.values(slots))

    def has_all(self, filters: Filters) -> bool:
        """Whether every row matches, because nothing is asked. Of another resource, even an empty filter asks for one."""
        keys, _ = self._keys_of(filters)
        return all(name == self.name and key.is_empty for name, key in keys.items())

    def aggregate(self, statement: Statement, filters: Filters, **values: Any) -> BoundQuery:
        """What a statement on this table, which is to be a constant, says of the rows that match.

        `values` has those of its parameters, which have names.
        """
        keys, slots = self._keys_of(filters)

        def plan(conditions: Conditions) -> QueryPlan:
            found = matching(statement, self.name, self.relations, conditions)
            return QueryPlan(found, "aggregate", conditions.binds.parameters)

        return self._query((statement,), keys, slots, plan, values)

    def count(self, filters: Filters) -> BoundQuery:
        """How many rows match."""
        return self._count(filters, by_state=False)

    def counts_by_state(self, filters: Filters) -> BoundQuery:
        """How many of the rows that match are in each type of state, as `value` and `total`."""
        return self._count(filters, by_state=True)

    def _count(self, filters: Filters, *, by_state: bool) -> BoundQuery:
        keys, slots = self._keys_of(filters)
        known = counters_suffice(CountRequest(self, Conditions(keys), by_state))

        def plan(conditions: Conditions) -> QueryPlan:
            return count_plan(CountRequest(self, conditions, by_state))

        return self._query(("count", by_state), keys, slots, plan, {}, resolves=not known)

    def page(self, rows: Statement, filters: Filters, sort: Any, *, limit: int, offset: int) -> BoundQuery:
        """Those of the rows that match, in order, from an offset on.

        A statement is written once for the same `rows`, so they are to be a constant.
        """
        order, deep = self.orders[sort], offset >= DEEP_OFFSET_ROWS
        is_first_of_all = offset == 0 and all(filter_ is None for filter_ in filters.values())
        first_rows = limit if is_first_of_all else None
        keys, slots = self._keys_of(filters)
        # A walk through the rows of one flow, in an index, costs no more than that flow has.
        walks = ordered_relation(self.relations, Conditions(keys), order.column) is not None

        def request(conditions: Conditions) -> PageRequest:
            return PageRequest(self, rows, order, deep, conditions, first_rows)

        def plan(conditions: Conditions) -> QueryPlan:
            return page_plan(request(conditions))

        def search(conditions: Conditions) -> QueryPlan:
            return search_plan(request(conditions))

        values = {"limit": limit, "offset": offset}
        head = (rows, order, deep, first_rows)
        return self._query(head, keys, slots, plan, values, resolves=not walks, search=search)

    def _query(
        self,
        head: tuple[Hashable, ...],
        keys: Mapping[str, FilterKey],
        slots: Slots,
        plan: Callable[[Conditions], QueryPlan],
        values: Mapping[str, Any],
        *,
        resolves: bool = True,
        search: Callable[[Conditions], QueryPlan] | None = None,
    ) -> BoundQuery:
        """A query whose key is the head and the keys of the filters; it may resolve related sets before.

        `search` plans the other way to answer one that walks.
        """

        def query(keys: Mapping[str, FilterKey], own_ids: Term | None, resolve: Resolve | None) -> BoundQuery:
            key = (self, *head, own_ids, *keys.items())
            ids = None if own_ids is None else (self.table.c.id, own_ids)

            def planned_by(make: Callable[[Conditions], QueryPlan]) -> Callable[[], QueryPlan]:
                return lambda: make(Conditions(keys, own_ids=ids))

            other = None
            if search is not None:
                other = partial(BoundQuery, ("search", *key), values, slots, planned_by(search))
            return BoundQuery(key, values, slots, planned_by(plan), resolve, other)

        async def resolve(connection: Answering) -> BoundQuery:
            sets = RelatedSets(dict(keys), slots)
            await sets.resolve(self.name, self.table, self.relations, connection)
            return query(sets.keys, sets.own_ids, None)

        return query(keys, None, resolve if resolves and keys.keys() - {self.name} else None)

    def _keys_of(self, filters: Filters) -> tuple[dict[str, FilterKey], Slots]:
        keys, slots = keys_of(filters)
        if unknown := keys.keys() - self.filtered:
            raise ValueError(f"{', '.join(sorted(unknown))} cannot be reached from {self.name}")
        return keys, slots
