"""The ways to make a page, tried in order: the first that applies makes it.

`/filter/explain` and the log of slow statements name the one taken; the docstring of each build says why it is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lictor.db.compiled_query import QueryPlan
from lictor.db.functions import Statement, by_itself, end_of_part, part_of, per_dialect, per_dialect_condition
from lictor.query.compiler import Conditions
from lictor.query.criteria import Combinator
from lictor.query.filter_key import FilterKey
from lictor.query.operators import SEVERAL_VALUES
from lictor.query.relations import Relation, lateral_lookup, matching, ordered_relation, semi_join

if TYPE_CHECKING:
    from lictor.query.resource_query import Order, ResourceQuery

DEEP_OFFSET_ROWS = 1_000
"""From this offset on, a page is found by its ids first: what is skipped is then read from an index only."""


@dataclass(frozen=True, eq=False)
class PageRequest:
    """A page that is asked for: `rows` read it, and its limit and its offset are parameters.

    `first_rows` is the limit itself where the page is the first of all rows.
    """

    resource: "ResourceQuery"
    rows: Statement
    order: "Order"
    deep: bool
    conditions: Conditions
    first_rows: int | None = None

    @property
    def own(self) -> FilterKey | None:
        """What is asked of the rows themselves."""
        return self.conditions.key(self.resource.name)

    @property
    def asks_others(self) -> bool:
        """Whether any other resource is filtered, even by `{}`."""
        return bool(self.conditions.keys.keys() - {self.resource.name})

    @property
    def order_by(self) -> list[sa.ColumnElement[Any]]:
        return self.order.clauses(self.id)

    @property
    def id(self) -> sa.Column[Any]:
        return self.resource.table.c.id

    @property
    def ordered_rows(self) -> Statement:
        """The rows in order."""
        return self.rows.order_by(*self.order_by)

    @property
    def ids(self) -> Statement:
        """The ids of the rows in order."""
        ids: Statement = sa.select(self.id).select_from(self.resource.table).order_by(*self.order_by)
        return ids if self.rows.whereclause is None else ids.where(self.rows.whereclause)

    @property
    def newest_first(self) -> bool:
        """Whether the page shows the newest of its own rows, by what is asked of them alone."""
        if self.conditions.own_ids is not None:
            return False
        return self.own is not None and self.order.by_id and self.order.descending and not self.asks_others

    @property
    def ordered_relation(self) -> Relation | None:
        """The relation to one row whose rows an index delivers in this order."""
        return ordered_relation(self.resource.relations, self.conditions, self.order.column)

    @property
    def searches(self) -> bool:
        """Whether many rows may have to be looked at for each that matches: then by an index that is narrower."""
        resource, walked, own = self.resource, self.ordered_relation, self.own
        asked = self.conditions.keys.keys()
        others = set(resource.searched) if walked is None else asked - {resource.name, walked.resource}
        if not others.isdisjoint(asked):
            return True
        if own is None:
            return False
        if own.operator is Combinator.or_ and (own.has_further or not own.names <= set(resource.searched)):
            return False  # the narrower index cannot tell of any row that it does not match
        return not own.names.isdisjoint(resource.searched)

    def matching(self, statement: Statement) -> Statement:
        """A statement on the table with all that is asked of its rows."""
        return matching(statement, self.resource.name, self.resource.relations, self.conditions)

    def rows_of(self, page: sa.FromClause) -> Statement:
        """Those of the rows whose ids a page has, in order."""
        return self.rows.join(page, page.c.id == self.id).order_by(*self.order_by)


@dataclass(frozen=True)
class PageStrategy:
    """A way to make a page, and for which requests it is the best.

    One that `walks` meets rows in order, until the page is full: it takes long where those that match come late.
    """

    name: str
    applies: Callable[[PageRequest], bool]
    build: Callable[[PageRequest], Statement]
    walks: bool = False

    @property
    def reason(self) -> str:
        """Why it is there."""
        return str(self.build.__doc__)


def page_plan(request: PageRequest) -> QueryPlan:
    """The page as the first strategy that applies makes it."""
    strategy = next(each for each in PAGE_STRATEGIES if each.applies(request))
    parameters = request.conditions.binds.parameters
    return QueryPlan(strategy.build(request), strategy.name, parameters, walks=strategy.walks)


def search_plan(request: PageRequest) -> QueryPlan:
    """All rows that match are found, then put in order: a walk in that order may meet them late, or none of them."""
    return QueryPlan(_found_then_ordered(request), "search", request.conditions.binds.parameters)


def _is_contradictory(request: PageRequest) -> bool:
    return request.conditions.contradictory


def _nothing(request: PageRequest) -> Statement:
    """Where conditions exclude each other, or no related row meets them, no row matches: no table has to be read."""
    return part_of(request.ordered_rows.where(sa.false()))


def _grows(request: PageRequest) -> bool:
    return request.order.moves and _narrow_relation(request) is None


def _merged(request: PageRequest) -> Statement:
    """Few rows run, and their durations grow: they are merged with all others, which an index has by duration."""
    order: Any = request.order
    columns = [column.label(f"order_{number}") for number, column in enumerate(order.columns)]
    ids: Statement = sa.select(request.id, *columns).select_from(request.resource.table)
    if request.rows.whereclause is not None:
        ids = ids.where(request.rows.whereclause)
    halves = (
        request.matching(ids.where(is_of_half).order_by(*order_by).limit(end_of_part())).subquery().select()
        for is_of_half, order_by in (
            (sa.not_(order.is_growing), order.clauses_of_stored(request.id)),
            (order.is_growing, order.clauses(request.id)),
        )
    )
    found = sa.union_all(*halves).subquery("found")
    return request.rows_of(part_of(sa.select(found.c.id).order_by(*order.clauses_of(found))).subquery("page"))


def _is_first_of_all(request: PageRequest) -> bool:
    return request.first_rows is not None


def _first_of_all(request: PageRequest) -> Statement:
    """The first rows in order, whichever they are, need no parameter: PostgreSQL plans the statement once."""
    return request.ordered_rows.limit(sa.literal_column(str(request.first_rows), sa.Integer))


def _referring_key(request: PageRequest) -> sa.Column[Any] | None:
    if request.own is None or not request.newest_first:
        return None
    for criterion, key in request.resource.named.items():
        if (term := request.own.only_term(criterion, "exists_")) is not None and term.form is True:
            return key
    return None


def _has_referring_key(request: PageRequest) -> bool:
    return _referring_key(request) is not None


def _by_referring_key(request: PageRequest) -> Statement:
    """Rows that others refer to, newest first, are the foreign keys in the order of their own index."""
    key = _referring_key(request)
    assert key is not None
    keys: Statement = sa.select(key.label("id")).where(key.is_not(None)).distinct().order_by(key.desc())
    return request.rows_of(part_of(keys).subquery("page"))


def _asks_distinct_values(request: PageRequest) -> bool:
    listed, own = request.resource.listed, request.own
    if listed is None or own is None or request.deep or not request.newest_first:
        return False
    return own.only_term(listed.column.name, "like_") is not None


def _of_each_distinct_value(request: PageRequest) -> Statement:
    """Where few values hold a text, an index has the newest rows of each: a page costs what it shows."""
    listed, own, conditions = request.resource.listed, request.own, request.conditions
    assert listed is not None
    assert own is not None
    term = own.only_term(listed.column.name, "like_")
    assert term is not None
    return request.rows_of(listed.newest(lambda column: conditions.term(column, term)))


def _is_covered(request: PageRequest) -> bool:
    own, resource = request.own, request.resource
    if resource.search is None or own is None or not request.newest_first:
        return False
    if not own.all_names or not own.all_names <= set(resource.covered):
        return False
    if own.only_term("state", "type", "any_") is not None:
        return False  # an index has the newest of each type of state
    if (tags := own.only_term("tags", "all_")) is not None and tags.form == SEVERAL_VALUES:
        return True  # no statistics tell how often tags are together: a walk that is too long should be narrow
    return own.has_further or len(own.names) > 1 or not own.names <= set(resource.searched)


def _in_search_index(request: PageRequest) -> Statement:
    """The search index holds all that is asked, newest first, twenty rows or more to a page of it."""
    search = request.resource.search
    assert search is not None
    return request.rows_of(search.newest(request.ids, request.matching))


def _narrow_relation(request: PageRequest) -> Relation | None:
    for relation in request.resource.relations:
        key = request.conditions.key(relation.resource)
        if relation.narrow and key is not None and key.resolved:
            return relation
    return None


def _has_narrow_relation(request: PageRequest) -> bool:
    return _narrow_relation(request) is not None


def _by_related_key(request: PageRequest) -> Statement:
    """Few flow runs match: all their task runs are found by key, then put in order, not met on a walk in that order."""
    return _found_then_ordered(request)


def _found_then_ordered(request: PageRequest) -> Statement:
    columns = [column.label(f"order_{number}") for number, column in enumerate(request.order.columns)]
    ids: Statement = sa.select(request.id, *columns).select_from(request.resource.table)
    if request.rows.whereclause is not None:
        ids = ids.where(request.rows.whereclause)
    found = by_itself(request.matching(ids)).subquery("found")
    ordered = part_of(sa.select(found.c.id).order_by(*request.order.clauses_of(found)))
    return request.rows_of(ordered.subquery("page"))


def _is_direct(request: PageRequest) -> bool:
    return not request.deep and not request.searches


def _direct(request: PageRequest) -> Statement:
    """The rows in order with all that is asked of them: the planner knows best where to begin."""
    return request.matching(part_of(request.ordered_rows))


def _asks_own_rows(request: PageRequest) -> bool:
    return not request.deep and not request.asks_others


def _ids_of_own_rows(request: PageRequest) -> Statement:
    """SQLite finds the ids in an index that is narrower than the table; PostgreSQL has one for each criterion."""
    found = request.matching(request.ids.limit(end_of_part()))
    assert found.whereclause is not None
    ids = request.id.in_(found.correlate(None).scalar_subquery())
    return part_of(request.ordered_rows).where(per_dialect_condition(postgresql=found.whereclause, sqlite=ids))


def _has_no_ordered_relation(request: PageRequest) -> bool:
    return request.ordered_relation is None


def _ids_first(request: PageRequest) -> Statement:
    """What a deep offset skips, or a search passes over, is read from narrow indexes; wide rows only for the page."""
    return request.rows_of(request.matching(part_of(request.ids)).subquery("page"))


def _always(_: PageRequest) -> bool:
    return True


def _walk_of_relation(request: PageRequest) -> Statement:
    """The rows of one flow come from an index in order; what else is asked of their flow runs is looked up on the way."""
    resource = request.resource
    find = partial(matching, part_of(request.ids), resource.name, resource.relations, request.conditions)
    return request.rows_of(per_dialect(postgresql=find(lateral_lookup), sqlite=find(semi_join), name="page"))


PAGE_STRATEGIES = (
    PageStrategy("nothing", _is_contradictory, _nothing),
    PageStrategy("merged", _grows, _merged, walks=True),
    PageStrategy("first_of_all", _is_first_of_all, _first_of_all),
    PageStrategy("referring_keys", _has_referring_key, _by_referring_key),
    PageStrategy("distinct_values", _asks_distinct_values, _of_each_distinct_value, walks=True),
    PageStrategy("search_index", _is_covered, _in_search_index, walks=True),
    PageStrategy("related_key", _has_narrow_relation, _by_related_key),
    PageStrategy("direct", _is_direct, _direct, walks=True),
    PageStrategy("own_ids_first", _asks_own_rows, _ids_of_own_rows, walks=True),
    PageStrategy("ids_first", _has_no_ordered_relation, _ids_first, walks=True),
    PageStrategy("ordered_relation", _always, _walk_of_relation, walks=True),
)
