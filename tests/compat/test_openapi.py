"""The documents describe the same API: paths, methods, parameters, and every field that goes in or out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from . import servers
from .conftest import openapi

Json = Any

SERVED = {
    "/health": "get",
    "/version": "get",
    "/hello": "get",
    "/ready": "get",
    "/csrf-token": "get",
    "/admin/version": "get",
    "/admin/settings": "get",
    "/flows/": "post",
    "/flows/{id}": "get patch delete",
    "/flows/name/{name}": "get",
    "/flows/filter": "post",
    "/flows/count": "post",
    "/flows/paginate": "post",
    "/flows/bulk_delete": "post",
    "/flow_runs/": "post",
    "/flow_runs/{id}": "get patch delete",
    "/flow_runs/{id}/set_state": "post",
    "/flow_runs/{id}/labels": "patch",
    "/flow_runs/filter": "post",
    "/flow_runs/count": "post",
    "/flow_runs/paginate": "post",
    "/flow_runs/history": "post",
    "/flow_runs/lateness": "post",
    "/flow_runs/{id}/logs/download": "get",
    "/logs/": "post",
    "/logs/filter": "post",
    "/artifacts/": "post",
    "/artifacts/{id}": "get patch delete",
    "/artifacts/{key}/latest": "get",
    "/artifacts/filter": "post",
    "/artifacts/latest/filter": "post",
    "/artifacts/count": "post",
    "/artifacts/latest/count": "post",
    "/variables/": "post",
    "/variables/{id}": "get patch delete",
    "/variables/name/{name}": "get patch delete",
    "/variables/filter": "post",
    "/variables/count": "post",
    "/saved_searches/": "put",
    "/saved_searches/{id}": "get delete",
    "/saved_searches/filter": "post",
    "/flow_runs/{id}/graph": "get",
    "/flow_runs/{id}/graph-v2": "get",
    "/flow_runs/{id}/resume": "post",
    "/flow_runs/{id}/input": "post",
    "/flow_runs/{id}/input/filter": "post",
    "/flow_runs/{id}/input/{key}": "get delete",
    "/flow_runs/bulk_delete": "post",
    "/flow_runs/bulk_set_state": "post",
    "/ui/flow_runs/history": "post",
    "/ui/flow_runs/count-task-runs": "post",
    "/ui/flows/count-deployments": "post",
    "/ui/flows/next-runs": "post",
    "/flow_run_states/": "get",
    "/flow_run_states/{id}": "get",
    "/task_runs/": "post",
    "/task_runs/{id}": "get patch delete",
    "/task_runs/{id}/set_state": "post",
    "/task_runs/filter": "post",
    "/task_runs/count": "post",
    "/task_runs/paginate": "post",
    "/task_runs/history": "post",
    "/events": "post",
    "/events/filter": "post",
    "/events/filter/next": "get",
    "/events/count-by/{countable}": "post",
    "/task_workers/filter": "post",
    "/task_run_states/": "get",
    "/task_run_states/{id}": "get",
    "/ui/task_runs/dashboard/counts": "post",
    "/ui/task_runs/count": "post",
    "/ui/task_runs/{id}": "get",
    "/concurrency_limits/": "post",
    "/concurrency_limits/{id}": "get delete",
    "/concurrency_limits/tag/{tag}": "get delete",
    "/concurrency_limits/tag/{tag}/reset": "post",
    "/concurrency_limits/filter": "post",
    "/concurrency_limits/increment": "post",
    "/concurrency_limits/decrement": "post",
    "/v2/concurrency_limits/": "post",
    "/v2/concurrency_limits/{id_or_name}": "get patch delete",
    "/v2/concurrency_limits/filter": "post",
    "/v2/concurrency_limits/increment": "post",
    "/v2/concurrency_limits/increment-with-lease": "post",
    "/v2/concurrency_limits/decrement": "post",
    "/v2/concurrency_limits/decrement-with-lease": "post",
    "/v2/concurrency_limits/leases/{lease_id}/renew": "post",
    "/block_types/": "post",
    "/block_types/{id}": "get patch delete",
    "/block_types/slug/{slug}": "get",
    "/block_types/filter": "post",
    "/block_types/slug/{slug}/block_documents": "get",
    "/block_types/slug/{slug}/block_documents/name/{block_document_name}": "get",
    "/block_types/install_system_block_types": "post",
    "/block_schemas/": "post",
    "/block_schemas/{id}": "get delete",
    "/block_schemas/filter": "post",
    "/block_schemas/checksum/{checksum}": "get",
    "/block_capabilities/": "get",
    "/block_documents/": "post",
    "/block_documents/{id}": "get patch delete",
    "/block_documents/filter": "post",
    "/block_documents/count": "post",
    "/admin/storage": "get put delete",
    "/deployments/": "post",
    "/deployments/{id}": "get patch delete",
    "/deployments/name/{flow_name}/{deployment_name}": "get",
    "/deployments/filter": "post",
    "/deployments/count": "post",
    "/deployments/paginate": "post",
}
OWN_ANSWERS = {"/admin/settings"}  # each server has its own settings
# Words, and the names that FastAPI makes of functions.
IGNORED = {"title", "description", "examples", "example", "summary", "operationId", "tags", "externalDocs"}
# No word of JSON Schema, and not what Prefect does: it takes an empty list.
IGNORED |= {"min_items"}
MADE_OF_A_FUNCTION = "Body_"
# Bounds that Prefect finds out about in its database: we may tell of more than its document does.
BOUNDS = {"maximum", "minimum", "pattern", "maxLength", "maxItems"}
CREATED = "201"  # Prefect answers so, too, but does not say it
OUR_OWN = "x-lictor"  # marks what Lictor has beyond Prefect's API: routes and optional fields


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
        f"{method.upper()} {path}{difference}"
        for path, methods in SERVED.items()
        for method in methods.split()
        for difference in _Comparison(oracle, subject).operations(path, method)
    ]
    if found:
        pytest.fail("\n".join([f"{len(found)} differences", *dict.fromkeys(found)]))


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
            if CREATED not in theirs["responses"] and CREATED in answers:
                yield from self.differ(" response.201", theirs["responses"]["200"], answers.pop(CREATED))
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
