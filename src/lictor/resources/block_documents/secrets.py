"""Hiding what is secret in a block's data, and putting it back where a client sends back what was hidden from it.

A schema names its secrets by their paths: `password`, `account.password`, `headers.*` for all below `headers`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from lictor.validation.fields import HIDDEN

ALL_BELOW = "*"

NOTHING = object()
"""Stands for a value that is not there."""

Path = Sequence[str]


def paths(fields: dict[str, Any]) -> list[Path]:
    """The paths of what is secret, by a schema's fields."""
    named = fields.get("secret_fields")
    return [path.split(".") for path in named if isinstance(path, str)] if isinstance(named, list) else []


def hide(data: dict[str, Any], secrets: Iterable[Path]) -> dict[str, Any]:
    """The data with its secrets hidden."""
    for path in secrets:
        data = _hidden(data, path)
    return data


def _hidden(value: Any, path: Path) -> Any:
    if not path:
        return None if value is None else HIDDEN
    first, *rest = path
    match value:
        case dict() if value and first == ALL_BELOW:
            return {name: _hidden(each, path) for name, each in value.items()}
        case dict() if first in value:
            return {**value, first: _hidden(value[first], rest)}
        case list() if value and first != ALL_BELOW:
            return [_hidden(each, path) for each in value]
        case _:
            return HIDDEN if first == ALL_BELOW else value


def put_back(data: dict[str, Any], known: dict[str, Any], secrets: Iterable[Path]) -> dict[str, Any]:
    """The data with the secrets that are known in place of those that are hidden."""
    for path in secrets:
        data = _shown(data, known, path)
    return data


def _shown(value: Any, known: Any, path: Path) -> Any:
    if not path:
        return value if value != HIDDEN or known is None or known is NOTHING else known
    first, *rest = path
    match value, known:
        case str(), _ if value == HIDDEN and first == ALL_BELOW:
            return value if known is NOTHING else known
        case dict(), dict() if first == ALL_BELOW:
            return {name: _shown(each, known.get(name, NOTHING), path) for name, each in value.items()}
        case dict(), dict() if first in value:
            return {**value, first: _shown(value[first], known.get(first, NOTHING), rest)}
        case list(), list() if first != ALL_BELOW:
            return [_shown(each, was, path) for each, was in zip(value, known, strict=False)] + value[len(known) :]
        case _:
            return value
