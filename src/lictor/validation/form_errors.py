"""What is wrong with the values of a form, field by field, as its page shows it. It is called in the sandbox."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from lictor.validation.json_schema import tolerant
from lictor.validation.json_schema_checks import all_errors, check_schema

Path = tuple[str | int, ...]


def form_errors(schema: dict[str, Any], values: Any, problems: list[tuple[list[str | int], str | None]]) -> list[Any]:
    """The errors of values, nested as the values are. Raises InvalidSchema, Mismatch.

    `problems` are places whose values nobody can check: a message says what is wrong there, none that nothing is.
    """
    meant = tolerant(schema)
    check_schema(meant)
    known = {tuple(path): message for path, message in problems}
    tree: list[Any] = []
    for path, message in known.items():
        if message is not None:
            _put(tree, path, message)
    for error in all_errors(values, meant):
        path = tuple(error.relative_path)
        if any(path[: len(place)] == place for place in known):
            continue
        if error.validator == "required":
            path = (*path, error.message.partition(" ")[0].strip("'"))
        _put(tree, path, error.message)
    return tree


def _put(tree: list[Any], path: Path, message: str) -> None:
    """Adds a message at its place; one at the root stands by itself."""
    current, left = tree, deque(path)
    if not left:
        current.append(message)
    while left:
        part = left.popleft()
        key = "index" if isinstance(part, int) else "property"
        entry = next((each for each in _entries(current) if left and each.get(key) == part), None)
        if entry is None:
            entry = {key: part, "errors": []}
            current.append(entry)
        current = entry["errors"]
        if not left:
            current.append(message)


def _entries(errors: list[Any]) -> Iterator[dict[str, Any]]:
    return (each for each in errors if isinstance(each, dict))
