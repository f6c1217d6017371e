"""Kinds of value that requests carry, and how they are checked."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema


def as_utc(moment: datetime) -> datetime:
    """The moment in UTC; one without an offset is taken to be in UTC already."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from None


HIDDEN = "********"
"""Stands in answers for a secret, whatever it is."""

DateTime = Annotated[datetime, AfterValidator(as_utc)]
"""A moment, kept in UTC."""

MOMENT = WithJsonSchema({"type": "string", "format": "date-time"})
"""How Prefect's document describes a moment that need not be given, though null is taken, too."""


def without_nul(text: str) -> str:
    """The text, unless it holds the one character that PostgreSQL cannot store."""
    if "\0" in text:
        raise ValueError("must not contain NUL characters")
    return text


Text = Annotated[str, AfterValidator(without_nul)]
"""A string that both databases can store."""


MAX_INDEXED_BYTES = 2_500
"""Bytes of UTF-8: an entry of PostgreSQL's index has room for 2,704, which more than one column may share."""


def fits_an_index(text: str, longest: int = MAX_INDEXED_BYTES) -> str:
    """The text, unless it is too long for an index."""
    if len(text.encode()) > longest:
        raise ValueError(f"must be at most {longest} bytes long")
    return text


def shortened(name: str) -> str:
    """The name, or as much of it as an index can keep: names are made of whatever a flow works on."""
    if len(encoded := name.encode()) <= MAX_INDEXED_BYTES:
        return name
    return encoded[: MAX_INDEXED_BYTES - 3].decode(errors="ignore") + "…"


def fits_half_an_index(text: str) -> str:
    """The text, unless it is too long for an index that it shares with another one like it."""
    return fits_an_index(text, MAX_INDEXED_BYTES // 2)


IndexedText = Annotated[str, AfterValidator(fits_an_index)]
"""A string that both databases can keep in an index."""


Name = Annotated[str, Field(pattern="^[^/%&><]+$"), AfterValidator(fits_an_index)]
"""A name that can stand in a URL as it is."""


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError("must not be null")
    return value


NotNull = BeforeValidator(_not_null)
"""For a field that may be left out of a change, but not be taken away: null stands for "as it is" only by default."""

MAX_INTEGER = 2**31 - 1
"""What an integer column of PostgreSQL holds."""
