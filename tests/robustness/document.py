"""What the OpenAPI document says can be asked: every operation, its parameters, and bodies with all places in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lictor.app import create_app
from lictor.settings import Settings

Json = Any
Path = tuple[str | int, ...]
READS = ("/filter", "/count", "/counts", "/paginate", "/history", "/lateness", "/export", "/explain")
"""How the paths end of operations that use POST because their questions are long."""

Example = Callable[[str, Json], Json]
"""From a field's name and the schema of a leaf to a value that may stand there; of a map, to what it needs besides."""

KEY = "key"
"""The one key in examples of objects whose keys are free."""


@dataclass(frozen=True)
class Place:
    """Where a body holds a value of some kind (see `kind_of`)."""

    path: Path
    kind: str
    name: str

    @property
    def field(self) -> Path:
        """The part of the path that the document knows: no keys that are free."""
        return self.path[: self.path.index(KEY)] if KEY in self.path else self.path


@dataclass(frozen=True, eq=False)
class Operation:
    """A method and a path, and what the document says of them."""

    method: str
    path: str
    description: Mapping[str, Json]
    components: Mapping[str, Json]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @cached_property
    def body(self) -> Json:
        """The schema of its body, None if it takes none."""
        try:
            return self.description["requestBody"]["content"]["application/json"]["schema"]
        except KeyError:
            return None

    @property
    def only_reads(self) -> bool:
        return self.method == "GET" or self.path.endswith(READS)

    @property
    def creates(self) -> bool:
        """Whether it adds something, and leaves alone what is there."""
        return self.method == "POST" and self.path.endswith(("/", "/queues"))

    def parameters(self, where: str) -> list[str]:
        """The names of its parameters in the path, in the query or in headers."""
        return [found["name"] for found in self.description.get("parameters", ()) if found["in"] == where]

    @cached_property
    def variants(self) -> int:
        """How many bodies it takes to have each alternative once."""
        return max((len(found) for found in self._alternatives(self.body, [])), default=1)

    def example(self, make: Example, variant: int = 0) -> tuple[Json, list[Place]]:
        """A body with everything in it that may be, and its places. Of alternatives it has the one of that number."""
        places: list[Place] = []
        around: list[Json] = []

        def build(schema: Json, path: Path, name: str) -> Json:
            schema = self._chosen(schema, variant, around)
            kind = kind_of(schema)
            places.append(Place(path, kind, name))
            if kind == "object":
                if schema in around:  # filters may hold filters of the same kind
                    return {}
                around.append(schema)
                example = {key: build(inner, (*path, key), key) for key, inner in schema["properties"].items()}
                around.pop()
                return example
            if kind == "map":
                inner = schema["additionalProperties"]
                return {**make(name, schema), KEY: build({} if inner is True else inner, (*path, KEY), name)}
            if kind == "tuple":
                return [build(inner, (*path, place), name) for place, inner in enumerate(schema["prefixItems"])]
            if kind == "list":
                return [build(schema["items"], (*path, 0), name)]
            return make(name, schema)

        return build(self.body, (), ""), places[1:]

    def _chosen(self, schema: Json, variant: int, around: Sequence[Json] = ()) -> Json:
        """The schema that it stands for: of alternatives one that is not around it, if there is one."""
        while True:
            if "$ref" in schema:
                schema = self.components[schema["$ref"].rpartition("/")[2]]
            elif options := _options(schema):
                options = [option for option in options if self._chosen(option, 0) not in around] or options
                schema = options[variant % len(options)]
            else:
                return schema

    def _alternatives(self, schema: Json, seen: list[Json]) -> Iterator[list[Json]]:
        if isinstance(schema, dict):
            if "$ref" in schema and schema not in seen:
                seen.append(schema)
                yield from self._alternatives(self._chosen(schema, 0), seen)
            if options := _options(schema):
                yield options
            for inner in schema.values():
                yield from self._alternatives(inner, seen)
        elif isinstance(schema, list):
            for inner in schema:
                yield from self._alternatives(inner, seen)


def _options(schema: Json) -> list[Json]:
    return [option for option in schema.get("anyOf", schema.get("oneOf", ())) if option != {"type": "null"}]


def kind_of(schema: Json) -> str:
    """What may stand where this schema does: `object`, `map`, `list`, `tuple`, `free` for any JSON, or a kind of scalar."""
    match schema:
        case {"const": _} | {"enum": _}:
            return "enum"
        case {"type": "object", "properties": {}} | {"type": "object", "additionalProperties": dict() | True}:
            return "object" if schema.get("properties") else "map"
        case {"type": "array", "prefixItems": _}:
            return "tuple"
        case {"type": "array"}:
            return "list"
        case {"type": "string", "format": "uuid" | "date-time" as form}:
            return str(form)
        case {"type": "string" | "integer" | "number" | "boolean" as kind}:
            return str(kind)
        case _:
            assert "type" not in schema, schema
            return "free"


def replaced(body: Json, path: Path, value: Json) -> Json:
    """The body with another value at this path."""
    if not path:
        return value
    step, *rest = path
    inner = replaced(body[step], tuple(rest), value)
    return {**body, step: inner} if isinstance(body, dict) else [*body[:step], inner, *body[step + 1 :]]


def document() -> Json:
    """The document, as the server gives it."""
    return create_app(Settings(_env_file=None)).openapi()


def operations() -> list[Operation]:
    """All operations."""
    told = document()
    return [
        Operation(method.upper(), path, description, told["components"]["schemas"])
        for path, methods in told["paths"].items()
        for method, description in methods.items()
    ]


OPERATIONS = operations()
WITH_BODY = [operation for operation in OPERATIONS if operation.body is not None]
