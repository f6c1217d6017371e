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

MOST_FORMS = 1_000

Reader = Callable[[Any], Any]
Binders = Mapping[str, Any]


class Form:
    """What statements have in common that differ by values alone."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect) -> None:
        self.compiled = compiled
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._dialect = dialect

    @cached_property
    def _readers(self) -> tuple[Reader | None, ...]:
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


@dataclass(frozen=True, eq=False)
class Filled:
    """A statement that was made once, and what its named parameters stand for this time.

    For the statements asked most: to make one of those again takes longer than SQLite needs to answer it.
    """

    statement: sa.Select[*tuple[Any, ...]]
    values: Mapping[str, Any]

    def spelled_out(self) -> sa.Select[*tuple[Any, ...]]:
        """A statement that holds the values itself."""
        return self.statement.params(self.values)


Runnable = sa.Executable | Filled


@dataclass(frozen=True)
class Ready:
    """A statement with its values."""

    form: Form
    sql: str
    values: Sequence[Any]


class Forms:
    """Makes statements ready for the driver of one database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: Any = LRUCache(MOST_FORMS)

    def ready(self, statement: Runnable) -> Ready:
        """A statement as the driver takes it."""
        element: Any
        element, given = (statement.statement, statement.values) if isinstance(statement, Filled) else (statement, None)
        key = element._generate_cache_key()
        form = None if key is None else self._known.get(key.key)
        if form is None:
            compiled = element._compiler(self._dialect, cache_key=key, column_keys=[], for_executemany=False)
            form = Form(compiled, self._dialect)
            if key is not None:
                self._known[key.key] = form
        compiled = form.compiled
        asked = compiled.construct_params(
            params=given,
            extracted_parameters=None if key is None else key.bindparams,
            escape_names=False,
            _collected_params=None if key is None else key.params,
        )
        if compiled.post_compile_params or compiled.literal_execute_params:
            return self._spelled_out(form, asked)
        binders: Binders = compiled._bind_processors
        return Ready(form, compiled.string, [binders[n](asked[n]) if n in binders else asked[n] for n in form.names])

    def _spelled_out(self, form: Form, asked: MutableMapping[str, Any]) -> Ready:
        """With lists of values in it, as many as there are."""
        state = form.compiled._process_parameters_for_postcompile(asked)
        values = {**asked, **state.additional_parameters}
        binders: Binders = {**form.compiled._bind_processors, **state.processors}
        return Ready(
            form,
            state.statement,
            [binders[n](values[n]) if n in binders else values[n] for n in state.positiontup or ()],
        )
