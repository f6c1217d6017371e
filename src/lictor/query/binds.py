"""Bind parameters of statements that are written once for all values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from lictor.db.compiled_query import Parameter

Form = bool | int | tuple[int, ...] | None
"""What of a value its SQL may depend on."""


@dataclass(eq=False)
class Binds:
    """The bind parameters of one statement, by name.

    A parameter is named after the slot of its value, so that SQL which is written twice has the same parameters twice.
    """

    parameters: dict[str, Parameter] = field(default_factory=dict)

    def bind(self, slot: int, form: Form) -> "Bind":
        """What stands for the value in a slot."""
        return Bind(self, slot, form, self._names(slot))

    def _names(self, slot: int) -> Iterator[str]:
        yield f"value_{slot}"
        number = 0
        while number := number + 1:
            yield f"value_{slot}_{number}"

    def values(self, slots: Sequence[Any]) -> Mapping[str, Any]:
        """What the parameters hold for these values."""
        return {name: parameter.value(slots) for name, parameter in self.parameters.items()}


@dataclass(frozen=True, eq=False)
class Bind:
    """Stands for one value while its SQL is written. The SQL may depend on the value's `form`, and on nothing else."""

    binds: Binds
    slot: int
    form: Form
    _names: Iterator[str]

    def __call__(self, type_: TypeEngine[Any], read: Callable[[Any], Any] | None = None) -> sa.BindParameter[Any]:
        """A parameter that holds the value, or what a function reads from it."""
        name = next(self._names)
        self.binds.parameters[name] = Parameter(self.slot, read)
        return sa.bindparam(name, type_=type_)
