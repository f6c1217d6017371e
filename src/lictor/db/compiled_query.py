"""Statements as drivers take them, each form of a statement compiled once."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, IteratorResult, Row
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import LRUCache

from lictor.db.row_serializer import Render, Rows, RowSerializer

MAX_CACHED_QUERIES = 1_000

ValueReader = Callable[[Any], Any]
Binders = Mapping[str, Any]


class CompiledQuery:
    """What statements have in common that differ by values alone."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        self.compiled = compiled
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.binders: Binders = compiled._bind_processors
        self._dialect = dialect

    @cached_property
    def _readers(self) -> tuple[ValueReader | None, ...]:
        return tuple(
            # Numbers come as numbers. SQLAlchemy would have to know which kind of column each is from.
            None
            if isinstance(column.type, (sa.Numeric, sa.Float))
            else column.type._cached_result_processor(self._dialect, None)
            for column in self.compiled._result_columns
        )

    @cached_property
    def _head(self) -> SimpleResultMetaData:
        return SimpleResultMetaData([column.keyname for column in self.compiled._result_columns])

    def rows(self, raw: Iterable[Sequence[Any]]) -> Sequence[Row[Any]]:
        """Rows of Python's values, by name and by number, from those of the driver."""
        read = (
            tuple(value if reader is None else reader(value) for value, reader in zip(row, self._readers, strict=True))
            for row in raw
        )
        return cast("Sequence[Row[Any]]", IteratorResult(self._head, read).all())

    def scalar(self, raw: Sequence[Sequence[Any]]) -> Any:
        """The first value of the first of the driver's rows as Python's; None if there is no row."""
        if not raw:
            return None
        reader = self._readers[0]
        return raw[0][0] if reader is None else reader(raw[0][0])


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where a bind parameter has its value from: a slot of the query, and what is read from it."""

    slot: int
    read: Callable[[Any], Any] | None

    def value(self, slots: Sequence[Any]) -> Any:
        """What the parameter holds for these slots."""
        value = slots[self.slot]
        return value if self.read is None else self.read(value)


@dataclass(frozen=True, eq=False)
class QueryPlan:
    """A statement for all values, the strategy it follows, and where its parameters have their values from.

    One that `walks` meets rows in order until there are enough, which takes long where those that match come late.
    """

    statement: sa.Select[*tuple[Any, ...]]
    strategy: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    walks: bool = False


MANY_VALUES = 2_000


class BoundQuery:
    """A statement that is written once, and what its parameters hold this time: `values` by name, and `slots`.

    A constant statement is its own key. Any other one has a key that says all that it depends on, and `plan` writes it
    when a database meets the key for the first time. One that others have to go before has `resolve`, which sends
    these and gives the query that follows from their answers. One whose plan walks has `other`, which makes the query
    that finds the same rows by a search.
    """

    __slots__ = ("_plan", "key", "other", "resolve", "slots", "values")

    def __init__(
        self,
        statement: Hashable,
        values: Mapping[str, Any],
        slots: Sequence[Any] = (),
        plan: Callable[[], QueryPlan] | None = None,
        resolve: "Resolve | None" = None,
        other: "Callable[[], BoundQuery] | None" = None,
    ) -> None:
        self.key = statement
        self.values = values
        self.slots = slots
        self.resolve = resolve
        self.other = other
        self._plan = plan

    @property
    def has_many_values(self) -> bool:
        """Whether it takes milliseconds to make them the driver's."""
        return any(type(value) is list and len(value) > MANY_VALUES for value in self.slots)

    def plan(self) -> QueryPlan:
        """The statement, written anew."""
        return QueryPlan(cast("Any", self.key)) if self._plan is None else self._plan()

    def all_values(self, plan: QueryPlan) -> dict[str, Any]:
        """What the parameters of a plan of this query hold, by name."""
        return {**self.values, **{name: each.value(self.slots) for name, each in plan.parameters.items()}}

    def with_values(self) -> sa.Select[*tuple[Any, ...]]:
        """A statement that holds the values itself."""
        plan = self.plan()
        return plan.statement.params(self.all_values(plan))


Runnable = sa.Executable | BoundQuery


class Answering(Protocol):
    """A connection that answers statements."""

    async def all(self, statement: Runnable) -> Sequence[Any]:
        """All rows."""


Resolve = Callable[[Answering], Awaitable[BoundQuery]]


def generic_plan(statement: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """The statement as one whose best plan is the same for all values."""
    return statement.execution_options(generic_plan=True)


@dataclass(frozen=True, slots=True)
class DriverCall:
    """A statement with its values, and the name of the parameter that each of them is for."""

    compiled: CompiledQuery
    sql: str
    values: Sequence[Any]
    names: Sequence[str]
    generic_plan: bool
    strategy: str = ""
    walks: bool = False


class _QueryTemplate:
    """A driver call that lacks nothing but the values of a query."""

    def __init__(self, call: DriverCall, plan: QueryPlan, query: BoundQuery) -> None:
        named = plan.parameters.keys() | query.values.keys()
        assert not named & {parameter.key for parameter in call.compiled.compiled.post_compile_params}
        self._call = call
        self._walks = plan.walks
        binders = call.compiled.binders
        self._gaps = [
            (number, name, binders.get(name), plan.parameters.get(name))
            for number, name in enumerate(call.names)
            if name in named
        ]

    def filled(self, query: BoundQuery) -> DriverCall:
        """The call with the values of a query of the same key."""
        call = self._call
        values = [*call.values]
        for number, name, bind, parameter in self._gaps:
            value = query.values[name] if parameter is None else parameter.value(query.slots)
            values[number] = value if bind is None else bind(value)
        return DriverCall(call.compiled, call.sql, values, call.names, call.generic_plan, call.strategy, self._walks)


class QueryCompiler:
    """Makes queries ready for the driver of one database, and remembers what it has made of each key."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._cache: Any = LRUCache(MAX_CACHED_QUERIES)
        self._renders: dict[RowSerializer, Render] = {}

    @property
    def cached(self) -> int:
        """How many queries it remembers."""
        return len(self._cache)

    def call(self, statement: Runnable) -> DriverCall:
        """A statement as the driver takes it."""
        if not isinstance(statement, BoundQuery):
            return self._call(statement, None)
        template: _QueryTemplate | None = self._cache.get(statement.key)
        if template is None:
            plan = statement.plan()
            call = self._call(plan.statement, statement.all_values(plan), plan.strategy)
            template = self._cache[statement.key] = _QueryTemplate(call, plan, statement)
        return template.filled(statement)

    def render(self, serializer: RowSerializer, rows: Rows, now: datetime) -> list[dict[str, Any]]:
        """The objects, ready for orjson, of rows that `serializer.select()` read."""
        if (render := self._renders.get(serializer)) is None:
            render = self._renders[serializer] = serializer.compile(self.dialect)
        return render(rows, now)

    def _call(self, element: Any, given: Mapping[str, Any] | None, strategy: str = "") -> DriverCall:
        key = element._generate_cache_key()
        query = None if key is None or given is not None else self._cache.get(key.key)
        if query is None:
            compiled = element._compiler(self.dialect, cache_key=key, column_keys=[], for_executemany=False)
            query = CompiledQuery(compiled, self.dialect)
            if key is not None and given is None:
                self._cache[key.key] = query
        values = query.compiled.construct_params(
            params=given,
            extracted_parameters=None if key is None else key.bindparams,
            escape_names=False,
            _collected_params=None if key is None else key.params,
        )
        generic = bool(element.get_execution_options().get("generic_plan", False))
        if query.compiled.post_compile_params or query.compiled.literal_execute_params:
            return _expanded(query, values, generic, strategy)
        return _bound(query, query.compiled.string, query.names, values, query.binders, generic, strategy)


def _expanded(query: CompiledQuery, values: MutableMapping[str, Any], generic: bool, strategy: str) -> DriverCall:
    """With lists of values in its SQL, as many as there are."""
    state = query.compiled._process_parameters_for_postcompile(values)
    binders = {**query.binders, **state.processors}
    values = {**values, **state.additional_parameters}
    return _bound(query, state.statement, state.positiontup or (), values, binders, generic, strategy)


def _bound(
    query: CompiledQuery,
    sql: str,
    names: Sequence[str],
    values: Mapping[str, Any],
    binders: Binders,
    generic: bool,
    strategy: str,
) -> DriverCall:
    bound = [binders[name](values[name]) if name in binders else values[name] for name in names]
    return DriverCall(query, sql, bound, names, generic, strategy)
