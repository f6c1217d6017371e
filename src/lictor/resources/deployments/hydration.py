"""Parameters as the forms of Prefect's UI send them: values that stand for others, marked by `__prefect_kind`."""

import json
from typing import Any

from lictor.validation import strict_json

KIND = "__prefect_kind"
NOTHING = object()
"""Stands for what its object or list does without."""


class HydrationError(Exception):
    """Nobody can tell what a value stands for; the message says why."""


def hydrated(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with each value in place of what stands for it."""
    values = _value(parameters)
    if values is NOTHING:
        return {}
    if not isinstance(values, dict):
        raise HydrationError("the parameters must be an object")
    return values


def _value(given: Any) -> Any:
    match given:
        case dict() if KIND in given:
            return _stood_for(given)
        case dict():
            values = {name: _value(item) for name, item in given.items()}
            return {name: value for name, value in values.items() if value is not NOTHING}
        case list():
            return [value for item in given if (value := _value(item)) is not NOTHING]
        case _:
            return given


def _stood_for(given: dict[str, Any]) -> Any:
    match given:
        case {"__prefect_kind": "none", "value": value}:
            return _value(value)
        case {"__prefect_kind": "json", "value": value}:
            return _parsed(_value(value) if isinstance(value, dict) else value)
        case {"__prefect_kind": "jinja", "template": template}:
            return _rendered(_value(template) if isinstance(template, dict) else template)
        case {"__prefect_kind": "workspace_variable", "variable_name": name}:
            raise HydrationError(f"Variable '{name}' not found in workspace.")  # there are no variables yet
        case {"__prefect_kind": "json" | "workspace_variable"}:
            return NOTHING  # a field of the form that is still empty
        case {"__prefect_kind": "none"}:
            raise HydrationError("Missing 'value' key in __prefect object")
        case {"__prefect_kind": "jinja"}:
            raise HydrationError("Missing 'template' key in __prefect object")
        case _:
            return given.get("value")


def _parsed(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HydrationError(f"Invalid JSON: {error}") from None
    return strict_json.parse(text.encode())


def _rendered(template: Any) -> Any:
    if isinstance(template, str) and not ("{{" in template or "{%" in template):
        return template
    raise HydrationError("Invalid jinja: this server does not render templates")
