"""Statements that are made once for all filters of one form, those that differ by values alone.

To make one takes longer than many a database needs to answer it.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.util import LRUCache

from lictor.db.compiled_query import BoundQuery
from lictor.db.functions import Statement
from lictor.query.criteria import Criterion, Filter, RequestModel

MAX_CACHED_STATEMENTS = 200

Place = tuple[int, str | None]
"""Where a filter holds a value: the object that asks, and the word; none where several words make one clause."""

Noted = TypeVar("Noted", bound=sa.ClauseElement)


class _ByValue(Exception):
    """Something is asked whose SQL may be another one for each value."""


@dataclass(frozen=True, eq=False)
class _Made:
    """A statement, and the name of each value in it, in the order in which forms are read."""

    statement: Statement
    names: list[str]


_made: Any = LRUCache(MAX_CACHED_STATEMENTS)
_clauses: ContextVar[dict[Place, list[sa.ClauseElement]] | None] = ContextVar("clauses", default=None)


def note(model: RequestModel, word: str | None, clause: Noted) -> Noted:
    """The clause, of which is remembered that it holds the value that stands there."""
    if (clauses := _clauses.get()) is not None:
        clauses.setdefault((id(model), word), []).append(clause)
    return clause


def reused(
    key: Hashable, filters: Mapping[str, Filter | None], make: Callable[[], Statement], **values: Any
) -> BoundQuery:
    """What `make` makes of the filters, from a statement that was made before if there is one.

    `key` tells what else the statement depends on, and `values` has those of its parameters that have names.
    """
    reading = _Reading()
    try:
        form = (key, reading.of_all(filters))
    except _ByValue:
        return BoundQuery(make(), values, cacheable=False)
    try:
        made: _Made | None = _made[form]
    except KeyError:
        made = _made[form] = _make(make, reading)
    if made is None:
        return BoundQuery(make(), values, cacheable=False)
    return BoundQuery(made.statement, {**values, **dict(zip(made.names, reading.values, strict=True))})


def _make(make: Callable[[], Statement], reading: "_Reading") -> _Made | None:
    """A statement in which each of the values has a name; None where the values in it are not those that were read."""
    before = _clauses.set({})
    try:
        statement = make()
        clauses = _clauses.get() or {}
    finally:
        _clauses.reset(before)
    named: dict[Any, str] = {}
    names: list[str] = []
    for place, values in reading.places:
        own = [f"asked_{len(names) + number}" for number in range(len(values))]
        names += own
        for clause in clauses.get(place, ()):
            binds = list(_parameters(clause))
            if [bind.value for bind in binds] != list(values):
                return None
            named |= {bind.key: name for bind, name in zip(binds, own, strict=True)}
    met: set[str] = set()

    def replace(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.BindParameter) and (name := named.get(element.key)) is not None:
            met.add(name)
            return sa.bindparam(name, type_=element.type)
        return None

    statement = cast("Statement", visitors.replacement_traverse(statement, {}, replace))
    # A value that stands in the statement under no name would still stand there the next time.
    remaining = [element.value for element in _parameters(statement) if element.key not in met]
    return (
        _Made(statement, names)
        if met == set(names) and not any(value in remaining for value in reading.values)
        else None
    )


def _parameters(clause: sa.ClauseElement) -> Iterator[sa.BindParameter[Any]]:
    return (element for element in visitors.iterate(clause) if isinstance(element, sa.BindParameter))


class _Reading:
    """Reads filters: what their SQL depends on, and aside from it the values that it only holds."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.places: list[tuple[Place, tuple[Any, ...]]] = []

    def of_all(self, filters: Mapping[str, Filter | None]) -> Hashable:
        return tuple([(name, self._of_filter(filter_)) for name, filter_ in filters.items() if filter_ is not None])

    def _of_filter(self, filter_: Filter) -> Hashable:
        criteria = filter_.criteria
        form: list[Hashable] = [filter_.operator]
        for name, value in filter_.__dict__.items():  # past the attributes, as reading a deprecated one would warn
            if value is None or name == "operator":
                continue
            if (criterion := criteria.get(name)) is None:
                form.append((name, *[self._of_filter(further) for further in value]))
            elif not criterion.ignored:
                form.append((name, self._of_criterion(criterion, value)))
        return tuple(form)

    def _of_criterion(self, criterion: Criterion, model: RequestModel) -> Hashable:
        form: list[Hashable] = []
        decided: list[Any] = []
        for word, value in model.__dict__.items():
            if value is None:
                continue
            if (member := criterion.group.get(word)) is not None:
                form.append((word, self._of_criterion(member, value)))
            elif (condition := criterion.conditions.get(word)) is None or isinstance(value, bool):
                form.append((word, value))
            elif condition.ignore_empty and not value:
                form.append((word, 0))
            elif condition.values is None:
                raise _ByValue
            else:
                # A list of one may be told in another way than a longer one.
                form.append((word, min(len(value), 2) if isinstance(value, list) else None))
                values = condition.values(value)
                if criterion.decide is None:
                    self._add((id(model), word), values)
                else:
                    decided += values
        if criterion.decide is not None:
            self._add((id(model), None), tuple(decided))
        return tuple(form)

    def _add(self, place: Place, values: tuple[Any, ...]) -> None:
        self.values += values
        self.places.append((place, values))
