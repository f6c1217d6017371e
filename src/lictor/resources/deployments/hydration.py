"""Parameters as the forms of Prefect's UI send them: values that stand for others, marked by `__prefect_kind`."""

import json
from typing import Any

from lictor import sandbox
from lictor.db.engine import Connection
from lictor.db.types import load_json
from lictor.resources.variables.queries import variable_row, with_name
from lictor.validation import strict_json

KIND = "__prefect_kind"
NOTHING = object()
"""Stands for what its object or list does without."""


class HydrationError(Exception):
    """Nobody can tell what a value stands for; the message says why."""


async def hydrated(parameters: dict[str, Any], connection: Connection) -> dict[str, Any]:
    """The parameters with each value in place of what stands for it; variables are read from the database."""
    values = await _Hydration(connection).value(parameters)
    if values is NOTHING:
        return {}
    if not isinstance(values, dict):
        raise HydrationError("the parameters must be an object")
    return values


class _Hydration:
    """The values of one request; each variable is read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._variables: dict[str, Any] = {}

    async def value(self, given: Any) -> Any:
        match given:
            case dict() if KIND in given:
                return await self._stood_for(given)
            case dict():
                values = {name: await self.value(item) for name, item in given.items()}
                return {name: value for name, value in values.items() if value is not NOTHING}
            case list():
                return [value for item in given if (value := await self.value(item)) is not NOTHING]
            case _:
                return given

    async def _stood_for(self, given: dict[str, Any]) -> Any:
        match given:
            case {"__prefect_kind": "none", "value": value}:
                return await self.value(value)
            case {"__prefect_kind": "json", "value": value}:
                return _parsed(await self._inner(value))
            case {"__prefect_kind": "jinja", "template": template}:
                return await _rendered(await self._inner(template))
            case {"__prefect_kind": "workspace_variable", "variable_name": name}:
                return await self._variable(await self._inner(name))
            case {"__prefect_kind": "json" | "workspace_variable"}:
                return NOTHING  # a field of the form that is still empty
            case {"__prefect_kind": "none"}:
                raise HydrationError("Missing 'value' key in __prefect object")
            case {"__prefect_kind": "jinja"}:
                raise HydrationError("Missing 'template' key in __prefect object")
            case _:
                return given.get("value")

    async def _inner(self, given: Any) -> Any:
        return await self.value(given) if isinstance(given, dict) else given

    async def _variable(self, name: Any) -> Any:
        if name is NOTHING:
            return NOTHING
        if not isinstance(name, str):
            raise HydrationError(f"Variable {name!r} not found in workspace.")
        if name not in self._variables:
            row = await self._connection.first(variable_row(with_name(name)))
            if row is None:
                raise HydrationError(f"Variable '{name}' not found in workspace.")
            self._variables[name] = None if row.value is None else load_json(row.value)
        return self._variables[name]


def _parsed(text: Any) -> Any:
    if not isinstance(text, str):
        return text  # NOTHING as well
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HydrationError(f"Invalid JSON: {error}") from None
    return strict_json.parse(text.encode())


async def _rendered(template: Any) -> Any:
    """The text of a template, which sees no objects, made where it can be ended."""
    if template is NOTHING:
        return NOTHING
    if not isinstance(template, str):
        raise HydrationError("Invalid jinja: the template is no text")
    if not ("{{" in template or "{%" in template):
        return template
    try:
        (text,) = await sandbox.call("templates.render_all", [template], {}, None)
    except (sandbox.SandboxError, sandbox.OverBudget) as error:
        raise HydrationError(f"Invalid jinja: {error}") from None
    return text
