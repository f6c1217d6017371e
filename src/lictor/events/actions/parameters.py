"""Parameters of runs with templates in them, and what else stands for a value."""

import json
from collections.abc import Iterator
from typing import Any

from lictor.events.actions.attempt import ActionFailed, Attempt
from lictor.events.actions.objects import read_variables, render_all
from lictor.templates import as_expression, is_template

KIND = "__prefect_kind"


async def render_parameters(attempt: Attempt, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with everything rendered. Raises ActionFailed."""
    templates = list(dict.fromkeys(_templates(parameters)))
    rendered = dict(zip(templates, await render_all(attempt, templates), strict=True)) if templates else {}
    names = list(dict.fromkeys(_variables(parameters)))
    async with attempt.db.read.connection() as connection:
        variables = await read_variables(connection, names) if names else {}
    made: dict[str, Any] = _Rendering(rendered, variables).value(parameters)
    return made


def _templates(value: Any) -> Iterator[str]:
    match value:
        case {"__prefect_kind": "jinja", "template": str(template)}:
            yield template
        case dict():
            for item in value.values():
                yield from _templates(item)
        case list():
            for item in value:
                yield from _templates(item)
        case str() if is_template(value):
            yield as_expression(value) or value


def _variables(value: Any) -> Iterator[str]:
    match value:
        case {"__prefect_kind": "workspace_variable", "variable_name": str(name)}:
            yield name
        case dict():
            for item in value.values():
                yield from _variables(item)
        case list():
            for item in value:
                yield from _variables(item)


class _Rendering:
    def __init__(self, rendered: dict[str, str], variables: dict[str, Any]) -> None:
        self._rendered = rendered
        self._variables = variables

    def value(self, given: Any) -> Any:
        match given:
            case dict() if KIND in given:
                return self._of_kind(given)
            case dict():
                return {name: self.value(item) for name, item in given.items()}
            case list():
                return [self.value(item) for item in given]
            case str() if is_template(given):
                expression = as_expression(given)
                return self._rendered[given] if expression is None else _parse(self._rendered[expression])
            case _:
                return given

    def _of_kind(self, given: dict[str, Any]) -> Any:
        match given:
            case {"__prefect_kind": "jinja", "template": str(template)}:
                return self._rendered[template]
            case {"__prefect_kind": "json", "value": value}:
                text = self.value(value) if isinstance(value, dict) else value
                return _parse(text) if isinstance(text, str) else text
            case {"__prefect_kind": "workspace_variable", "variable_name": str(name)}:
                if name not in self._variables:
                    raise ActionFailed(f"Unable to create flow run from deployment: variable {name!r} not found")
                return self._variables[name]
            case {"value": value}:
                return self.value(value)
            case _:
                raise ActionFailed(f"Unable to create flow run from deployment: {given.get(KIND)!r} holds no value")


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ActionFailed(f"Unable to create flow run from deployment: invalid JSON: {error}") from None
