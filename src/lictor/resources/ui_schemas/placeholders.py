"""Values of a form that stand for others: they are put in their place, or it is said why they cannot be."""

import json
from typing import Any

from lictor.templates import InvalidTemplate, validate

KIND = "__prefect_kind"

Problems = list[tuple[list[str | int], str | None]]


def variable_names(value: Any) -> set[str]:
    """The variables that values stand for."""
    match value:
        case {"__prefect_kind": "workspace_variable", "variable_name": str(name)}:
            return {name}
        case dict():
            return {name for item in value.values() for name in variable_names(item)}
        case list():
            return {name for item in value for name in variable_names(item)}
        case _:
            return set()


def replace(values: Any, variables: dict[str, Any]) -> tuple[Any, Problems]:
    """The values as they are meant, and the places whose values nobody can check, with why, if that is a fault."""
    problems: Problems = []
    return _replaced(values, [], variables, problems), problems


def _replaced(value: Any, path: list[str | int], variables: dict[str, Any], problems: Problems) -> Any:
    match value:
        case dict() if KIND in value:
            return _of_kind(value, path, variables, problems)
        case dict():
            return {name: _replaced(item, [*path, name], variables, problems) for name, item in value.items()}
        case list():
            return [_replaced(item, [*path, place], variables, problems) for place, item in enumerate(value)]
        case _:
            return value


def _of_kind(value: dict[str, Any], path: list[str | int], variables: dict[str, Any], problems: Problems) -> Any:
    match value:
        case {"__prefect_kind": "none" | "json", "value": inner} if not isinstance(inner, str):
            return _replaced(inner, path, variables, problems)
        case {"__prefect_kind": "none", "value": text}:
            return text
        case {"__prefect_kind": "json", "value": text}:
            try:
                return json.loads(text)
            except (ValueError, RecursionError) as error:
                problems.append((path, f"Invalid JSON: {error}"))
        case {"__prefect_kind": "workspace_variable", "variable_name": str(name)} if name in variables:
            return variables[name]
        case _:
            problems.append((path, _problem(value)))
    return None


def _problem(value: dict[str, Any]) -> str | None:
    """Why nobody can tell what a value stands for; nothing if it can be told later."""
    match value:
        case {"__prefect_kind": "workspace_variable", "variable_name": str(name)}:
            return f"Variable '{name}' not found in workspace."
        case {"__prefect_kind": "jinja", "template": str(template)}:
            try:
                validate(template)
            except InvalidTemplate as error:
                return f"Invalid jinja: {error}"
        case {"__prefect_kind": "none"}:
            return "Missing 'value' key in __prefect object"
        case {"__prefect_kind": "jinja"}:
            return "Missing 'template' key in __prefect object"
    return None
