"""The documents describe the same API: paths, methods, parameters, and every field that goes in or out."""

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.compatibility_page import NOT_YET, told

from . import servers
from .conftest import openapi

Json = Any

SERVED = [route.split() for route, status in told().items() if status != NOT_YET and not route.startswith("WS ")]
OWN_ANSWERS = {"/admin/settings"}  # each server has its own settings
# Words, and the names that FastAPI makes of functions.
IGNORED = {"title", "description", "examples", "example", "summary", "operationId", "tags", "externalDocs"}
# No word of JSON Schema, and not what Prefect does: it takes an empty list.
IGNORED |= {"min_items"}
MADE_OF_A_FUNCTION = "Body_"
# Bounds that Prefect finds out about in its database: we may tell of more than its document does.
BOUNDS = {"maximum", "minimum", "pattern", "maxLength", "maxItems"}
ANSWERED = ("201", "204")  # Prefect answers so, too, but does not say it
OUR_OWN = "x-lictor"  # marks what Lictor has beyond Prefect's API: routes and optional fields

WEBSOCKETS = """
import json
from prefect.server.api.server import API_ROUTERS
from starlette.routing import WebSocketRoute
print(json.dumps([each.path for router in API_ROUTERS for each in router.routes if isinstance(each, WebSocketRoute)]))
"""


class Document:
    def __init__(self, document: Json) -> None:
        self.paths = {path.removeprefix("/api"): operations for path, operations in document["paths"].items()}
        self.components = document["components"]["schemas"]

    def operation(self, path: str, method: str) -> Json:
        return self.paths.get(path, {}).get(method)


@pytest.fixture(scope="module")
def documents(reading: tuple[servers.Server, servers.Server]) -> tuple[Document, Document]:
    oracle, subject = reading
    return Document(openapi(oracle)), Document(openapi(subject))


def test_every_route_is_described_alike(documents: tuple[Document, Document]) -> None:
    oracle, subject = documents
    found = [
        f"{method} {path}{difference}"
        for method, path in SERVED
        for difference in _Comparison(oracle, subject).operations(path, method.lower())
    ]
    if found:
        pytest.fail("\n".join([f"{len(found)} differences", *dict.fromkeys(found)]))


def test_the_page_names_every_route(documents: tuple[Document, Document], home: Path) -> None:
    oracle, _ = documents
    routes = {f"{method.upper()} {path}" for path, operations in oracle.paths.items() for method in operations}
    routes |= {f"WS {path}" for path in websockets(home)}
    assert routes == told().keys()


def websockets(home: Path) -> list[str]:
    """Where Prefect's server takes websockets, of which its document says nothing."""
    environment = servers.prefect_environment(home)
    printed = subprocess.run(
        [servers.PREFECT_PYTHON, "-c", WEBSOCKETS], check=True, env=environment, capture_output=True, text=True
    ).stdout
    paths: list[str] = json.loads(printed.splitlines()[-1])
    return paths


def test_no_route_is_invented(documents: tuple[Document, Document]) -> None:
    oracle, subject = documents
    invented = [
        f"{method.upper()} {path}"
        for path, operations in subject.paths.items()
        for method, operation in operations.items()
        if oracle.operation(path, method) is None and OUR_OWN not in operation
    ]
    assert invented == []


class _Comparison:
    def __init__(self, oracle: Document, subject: Document) -> None:
        self.oracle = oracle
        self.subject = subject
        self.met: set[str] = set()

    def operations(self, path: str, method: str) -> Iterator[str]:
        theirs, ours = self.oracle.operation(path, method), self.subject.operation(path, method)
        assert theirs is not None, f"the oracle has no {method} {path}"
        if ours is None:
            yield " is missing"
            return
        yield from self.differ(" parameter", _parameters(theirs), _parameters(ours))
        yield from self.differ(" body", theirs.get("requestBody"), ours.get("requestBody"))
        if path not in OWN_ANSWERS:
            answers = dict(ours["responses"])
            for status in ANSWERED:
                if status not in theirs["responses"] and status in answers:
                    yield from self.differ(f" response.{status}", theirs["responses"]["200"], answers.pop(status))
            yield from self.differ(" response", theirs["responses"], answers)

    def differ(self, where: str, theirs: Json, ours: Json) -> Iterator[str]:
        """What differs in meaning between two pieces of the documents."""
        if isinstance(theirs, dict) and isinstance(ours, dict):
            yield from self.objects(where, theirs, ours)
        elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
            ordered = where.endswith((".enum", ".required"))
            pairs = zip(sorted(theirs), sorted(ours), strict=True) if ordered else zip(theirs, ours, strict=True)
            for number, (their, our) in enumerate(pairs):
                yield from self.differ(f"{where}[{number}]", their, our)
        elif (theirs != ours or type(theirs) is not type(ours)) and not _same_moment(theirs, ours):
            yield f"{where}: {theirs!r} became {ours!r}"

    def objects(self, where: str, theirs: Json, ours: Json) -> Iterator[str]:
        if "$ref" in theirs and "$ref" in ours:
            yield from self.references(where, theirs["$ref"], ours["$ref"])
        if "$ref" in theirs and _may_be_null(ours):
            # Prefect takes null for every filter, though its document says so of some only.
            yield from self.references(where, theirs["$ref"], ours["anyOf"][0]["$ref"])
            return
        fields = where.endswith(".properties")
        names = theirs.keys() | ours.keys() if fields else (theirs.keys() | ours.keys()) - IGNORED - {"$ref"}
        for name in sorted(names):
            if not fields and name not in theirs and (name in BOUNDS or not ours[name]):
                continue
            if name == "pattern" and ".timezone." in where:
                continue  # the names of all time zones, which depend on the machine
            if fields and name not in theirs and OUR_OWN in ours[name]:
                continue
            if name == "required" and theirs.get(name) == []:
                continue  # Prefect leaves out that every artifact has an id
            if name not in ours:
                yield f"{where}.{name}: {theirs[name]!r} is missing"
            elif name not in theirs:
                yield f"{where}.{name}: {ours[name]!r} is new"
            else:
                yield from self.differ(f"{where}.{name}", theirs[name], ours[name])

    def references(self, where: str, theirs: str, ours: str) -> Iterator[str]:
        their_name, our_name = theirs.rpartition("/")[2], ours.rpartition("/")[2]
        if their_name != our_name and not their_name.startswith(MADE_OF_A_FUNCTION):
            yield f"{where}: component {their_name} became {our_name}"
        if their_name not in self.met:
            self.met.add(their_name)
            their_component, our_component = self.oracle.components[their_name], self.subject.components[our_name]
            yield from self.differ(f" {their_name}", their_component, our_component)


def _same_moment(theirs: Json, ours: Json) -> bool:
    try:
        return datetime.fromisoformat(theirs) == datetime.fromisoformat(ours)
    except (TypeError, ValueError):
        return False


def _may_be_null(schema: Json) -> bool:
    options = schema.get("anyOf", [])
    return len(options) == 2 and "$ref" in options[0] and options[1] == {"type": "null"}


def _parameters(operation: Json) -> Json:
    return {f"{parameter['in']} {parameter['name']}": parameter for parameter in operation.get("parameters", [])}
