"""Statements as drivers take them, each form of a statement compiled once."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, IteratorResult, Row
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import LRUCache

MAX_COMPILED_QUERIES = 1_000
MAX_QUERY_TEMPLATES = 300

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


@dataclass(frozen=True, eq=False)
class BoundQuery:
    """A statement that was made once, and what its named parameters stand for this time.

    For the statements asked most: to make one of those again takes longer than SQLite needs to answer it. One that is
    not `cacheable` was made for these values after all.
    """

    statement: sa.Select[*tuple[Any, ...]]
    values: Mapping[str, Any]
    cacheable: bool = True

    def with_values(self) -> sa.Select[*tuple[Any, ...]]:
        """A statement that holds the values itself."""
        return self.statement.params(self.values)


Runnable = sa.Executable | BoundQuery


def generic_plan(statement: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """The statement as one whose best plan is the same for all values."""
    return statement.execution_options(generic_plan=True)


@dataclass(frozen=True)
class DriverCall:
    """A statement with its values, and the name of the parameter that each of them is for."""

    form: CompiledQuery
    sql: str
    values: Sequence[Any]
    names: Sequence[str]
    generic_plan: bool


class _QueryTemplate:
    """A lasting statement that lacks nothing but the values of its named parameters."""

    def __init__(self, ready: DriverCall, named: Mapping[str, Any]) -> None:
        assert not named.keys() & {parameter.key for parameter in ready.form.compiled.post_compile_params}
        self._ready = ready
        binders = ready.form.binders
        self._gaps = [(number, name, binders.get(name)) for number, name in enumerate(ready.names) if name in named]

    def filled(self, given: Mapping[str, Any]) -> DriverCall:
        values = [*self._ready.values]
        for number, name, bind in self._gaps:
            values[number] = given[name] if bind is None else bind(given[name])
        return DriverCall(self._ready.form, self._ready.sql, values, self._ready.names, self._ready.generic_plan)


class QueryCompiler:
    """Makes statements ready for the driver of one database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: Any = LRUCache(MAX_COMPILED_QUERIES)
        self._blanks: Any = LRUCache(MAX_QUERY_TEMPLATES)

    def ready(self, statement: Runnable) -> DriverCall:
        """A statement as the driver takes it."""
        if not isinstance(statement, BoundQuery):
            return self._ready(statement, None)
        if not statement.cacheable:
            return self._ready(statement.statement, statement.values)
        blank: _QueryTemplate | None = self._blanks.get(statement.statement)
        if blank is None:
            ready = self._ready(statement.statement, statement.values)
            blank = self._blanks[statement.statement] = _QueryTemplate(ready, statement.values)
        return blank.filled(statement.values)

    def _ready(self, element: Any, given: Mapping[str, Any] | None) -> DriverCall:
        key = element._generate_cache_key()
        form = None if key is None else self._known.get(key.key)
        if form is None:
            compiled = element._compiler(self._dialect, cache_key=key, column_keys=[], for_executemany=False)
            form = CompiledQuery(compiled, self._dialect)
            if key is not None:
                self._known[key.key] = form
        generic_plan = element.get_execution_options().get("generic_plan", False)
        compiled = form.compiled
        asked = compiled.construct_params(
            params=given,
            extracted_parameters=None if key is None else key.bindparams,
            escape_names=False,
            _collected_params=None if key is None else key.params,
        )
        if compiled.post_compile_params or compiled.literal_execute_params:
            return self._spelled_out(form, asked, generic_plan=generic_plan)
        return _bound(form, compiled.string, form.names, asked, form.binders, generic_plan=generic_plan)

    def _spelled_out(
        self, form: CompiledQuery, parameters: MutableMapping[str, Any], *, generic_plan: bool
    ) -> DriverCall:
        """With lists of values in it, as many as there are."""
        state = form.compiled._process_parameters_for_postcompile(parameters)
        values = {**parameters, **state.additional_parameters}
        binders = {**form.binders, **state.processors}
        return _bound(form, state.statement, state.positiontup or (), values, binders, generic_plan=generic_plan)


def _bound(
    form: CompiledQuery,
    sql: str,
    names: Sequence[str],
    values: Mapping[str, Any],
    binders: Binders,
    *,
    generic_plan: bool,
) -> DriverCall:
    return DriverCall(
        form, sql, [binders[n](values[n]) if n in binders else values[n] for n in names], names, generic_plan
    )
