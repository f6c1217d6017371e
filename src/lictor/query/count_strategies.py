"""The ways to count rows, all of them or by their type of state, tried in order: the first that applies counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from lictor.db.compiled_query import QueryPlan, generic_plan
from lictor.db.functions import Statement
from lictor.query.compiler import Conditions
from lictor.query.relations import matching

if TYPE_CHECKING:
    from lictor.query.resource_query import ResourceQuery


@dataclass(frozen=True, eq=False)
class CountRequest:
    """Rows to be counted: one number, or `value` and `total` for each type of state that is not null."""

    resource: "ResourceQuery"
    conditions: Conditions
    by_state: bool

    @property
    def of_rows(self) -> Statement:
        """The statement that counts all rows."""
        total = sa.func.count()
        if not self.by_state:
            return sa.select(total).select_from(self.resource.table)
        assert self.resource.counter is not None, f"{self.resource.name} have no states"
        value = self.resource.counter.column
        return sa.select(value.label("value"), total.label("total")).where(value.is_not(None)).group_by(value)

    def matching(self, statement: Statement) -> Statement:
        """A statement on the table with all that is asked of its rows."""
        return matching(statement, self.resource.name, self.resource.relations, self.conditions)


@dataclass(frozen=True)
class CountStrategy:
    """A way to count, and for which requests it is the best."""

    name: str
    applies: Callable[[CountRequest], bool]
    build: Callable[[CountRequest], Statement]

    @property
    def reason(self) -> str:
        """Why it is there."""
        return str(self.build.__doc__)


def count_plan(request: CountRequest) -> QueryPlan:
    """The count as the first strategy that applies makes it."""
    strategy = next(each for each in COUNT_STRATEGIES if each.applies(request))
    return QueryPlan(strategy.build(request), strategy.name, request.conditions.binds.parameters)


def _is_contradictory(request: CountRequest) -> bool:
    return request.conditions.contradictory


def _nothing(request: CountRequest) -> Statement:
    """Where conditions exclude each other, or no related row meets them, no row matches: no table has to be read."""
    return request.of_rows.where(sa.false())


def counters_suffice(request: CountRequest) -> bool:
    """Whether nothing is asked but types of state, and what the rows belong to."""
    resource = request.resource
    if resource.counter is None or request.conditions.own_ids is not None:
        return False
    own = request.conditions.key(resource.name)
    if own is not None and not own.is_empty and own.only_term("state", "type", "any_") is None:
        return False
    owners = {owner.resource for owner in resource.owners}
    return all(
        name == resource.name or name in owners or (name in resource.certain_with_owner and key.is_empty)
        for name, key in request.conditions.keys.items()
    )


def _by_counters(request: CountRequest) -> Statement:
    """Counters by owner and type of state are kept exact by triggers: there are a few for a million rows."""
    resource, conditions = request.resource, request.conditions
    counter = resource.counter
    assert counter is not None
    statement = counter.counts if request.by_state else counter.count
    own = conditions.key(resource.name)
    if own is not None and (types := own.only_term("state", "type", "any_")) is not None:
        statement = statement.where(conditions.term(counter.table.c.value, types))
    conditions = conditions.without(resource.name)
    for name in resource.certain_with_owner:
        if name in conditions.keys:
            statement = statement.where(counter.owner.is_not(None))
            conditions = conditions.without(name)
    return generic_plan(matching(statement, resource.name, resource.owners, conditions))


def _always(_: CountRequest) -> bool:
    return True


def _of_rows(request: CountRequest) -> Statement:
    """What no counter knows is counted row by row, from the narrowest index that has all that is asked."""
    return request.matching(request.of_rows)


COUNT_STRATEGIES = (
    CountStrategy("nothing", _is_contradictory, _nothing),
    CountStrategy("counters", counters_suffice, _by_counters),
    CountStrategy("rows", _always, _of_rows),
)
