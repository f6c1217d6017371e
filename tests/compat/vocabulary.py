"""What can be asked: each filter, criterion and operator, read from the oracle's OpenAPI document: none is missed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

Json = Any


@dataclass(frozen=True)
class Criterion:
    """A filter on one field: `path` leads to it, as in ("state", "type"); `operators` have their JSON schemas."""

    component: str
    path: tuple[str, ...]
    operators: dict[str, Json]
    combinable: bool

    def asking(self, **asked: Json) -> Json:
        """The filter of its family that asks only this."""
        for name in reversed(self.path):
            asked = {name: asked}
        return asked


@dataclass(frozen=True)
class Route:
    """A route that takes filters: `families` maps a body key to the family's component."""

    path: str
    families: dict[str, str]
    sorts: tuple[str, ...]

    @property
    def resource(self) -> str:
        first, *further = self.path.removeprefix("/ui").split("/")[1:]
        return f"{first}/latest" if "latest" in further else first

    @property
    def verb(self) -> str:
        return self.path.rpartition("/")[2]


class Vocabulary:
    def __init__(self, document: Json) -> None:
        self.paths: Json = document["paths"]
        self.components: Json = document["components"]["schemas"]

    @cached_property
    def routes(self) -> dict[str, Route]:
        """The routes of this comparison that take filters, by path below /api."""
        runs = ("/flows/", "/flow_runs/", "/task_runs/", "/deployments/", "/ui/task_runs/")
        resources = (*runs, "/logs/", "/variables/", "/artifacts/")
        verbs = ("/filter", "/count", "/counts", "/paginate", "/history", "/lateness")
        found = {}
        for path in (path.removeprefix("/api") for path in self.paths):
            if path.startswith(resources) and path.endswith(verbs) and "{" not in path:
                found[path] = self._route(path)
        return found

    def criteria(self, component: str) -> list[Criterion]:
        """The criteria of a family's filter, those inside `state` too; not the search for text, which fails on SQLite."""
        return [each for each in self._below(component, ()) if each.path and each.component != "LogFilterTextSearch"]

    def _below(self, component: str, path: tuple[str, ...]) -> list[Criterion]:
        properties = dict(self.components[component]["properties"])
        combinable = properties.pop("operator", None) is not None
        nested = {name: reference for name, schema in properties.items() if (reference := _reference(schema))}
        operators = {name: schema for name, schema in properties.items() if name not in nested}
        found = [Criterion(component, path, operators, combinable)] if operators else []
        for name, reference in nested.items():
            found += self._below(reference, (*path, name))
        return found

    def _route(self, path: str) -> Route:
        operation = (self.paths.get(f"/api{path}") or self.paths[path])["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        properties = self.components[_reference(schema)]["properties"]
        families = {
            name: family for name, schema in properties.items() if (family := _reference(schema)) and name != "sort"
        }
        sorts = self.components[_reference(properties["sort"])]["enum"] if "sort" in properties else ()
        return Route(path, families, tuple(sorts))


def kind(schema: Json) -> str:
    """Of an operator's value: uuids, strings, enums, moment, flag, number or text."""
    schema = next((option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"), schema)
    if schema["type"] == "array":
        items = schema["items"]
        if "$ref" in items:
            return "enums"
        return "uuids" if items.get("format") == "uuid" else "strings"
    if schema.get("format") == "date-time":
        return "moment"
    return {"boolean": "flag", "integer": "number", "string": "text"}[schema["type"]]


def _reference(schema: Json) -> str:
    for option in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if "$ref" in option:
            return option["$ref"].rpartition("/")[2]
    return ""
