"""Long lists, a piece at a time, so that nobody waits for the whole of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import FailFast, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

T = TypeVar("T")

PIECE_ITEMS = 512
"""So many models are checked, or made into rows, before others have their turn: a few milliseconds.

A power of two, for as many rows go into one statement on SQLite."""

MANY_VALUES = 1_000
"""Of a list with more values only the first wrong one is reported: to report all of them takes ten times as long as to
check them."""


async def pieces(items: Sequence[T], size: int = PIECE_ITEMS) -> AsyncIterator[Sequence[T]]:
    """The items in order, some at a time; between them others have their turn."""
    for first in range(0, len(items), size):
        if first:
            await asyncio.sleep(0)
        yield items[first : first + size]


def values_of(item: Any) -> Any:
    """The type of a list that may be very long."""

    def check(value: Any, check_all: ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(value, list) or len(value) <= MANY_VALUES:
            return check_all(value)
        checked: list[Any] = []
        try:
            for first in range(0, len(value), MANY_VALUES):  # in a thread, others have their turn between two pieces
                checked += _up_to_first_error(item).validate_python(value[first : first + MANY_VALUES])
        except ValidationError as error:
            wrong = first + int(error.errors(include_url=False, include_context=False)[0]["loc"][0])
            return check_all(value[: wrong + 1])  # which reports it where it stands
        return checked

    return Annotated[list[item], WrapValidator(check)]


@cache
def _up_to_first_error(item: Any) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[list[item], FailFast()])
