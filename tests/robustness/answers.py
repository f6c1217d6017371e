"""What answers say."""

import json
from functools import cache

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.robustness.document import Json, Operation, Path, Place

VAGUE = {"id", "name", "document", "openapi"}
"""Words of fields' names that say nothing to people, be there one or many."""


def names(reply: httpx.Response, place: Place) -> bool:
    """Whether a refusal names a field: by its location in the body that was sent, or in words."""
    body = json.loads(reply.request.content)
    told = reply.json()
    if "exception_detail" not in told:
        return is_mentioned(place, told.get("detail") or told["exception_message"])
    return any(
        steps_in(body, found["loc"])[: len(place.field)] == place.field or is_mentioned(place, found["msg"])
        for found in told["exception_detail"]
    )


def steps_in(body: Json, location: Path) -> Path:
    """The steps of a location that lead through the body; the others say which alternative was tried."""
    assert location[0] == "body"
    found = []
    for step in location[1:]:
        if (isinstance(body, dict) and step in body) or (isinstance(body, list) and isinstance(step, int)):
            body = body[step]
            found.append(step)
    return tuple(found)


def is_mentioned(place: Place, message: str) -> bool:
    """Whether a message speaks of a place as people do: the field `work_pool_name` is about a work pool."""
    field = next((step for step in reversed(place.field) if isinstance(step, str)), None)
    words = {word.rstrip("s") for word in (field or "").split("_")} - VAGUE
    return bool(words) and all(word in message.lower() for word in words)


def check_success(operation: Operation, reply: httpx.Response) -> None:
    """The answer is one that the document tells of, and JSON as it describes it."""
    described = operation.description["responses"][str(reply.status_code)]
    if "content" not in described:
        assert not reply.content or reply.json() is None
        return
    if "application/json" not in described["content"]:
        assert reply.headers["content-type"].partition(";")[0] in described["content"]
        return
    answer = json.loads(reply.content, parse_constant=pytest.fail)
    _validator(operation, reply.status_code).validate(answer)


@cache
def _validator(operation: Operation, status: int) -> Draft202012Validator:
    content = operation.description["responses"][str(status)]["content"]
    schema = {**content["application/json"]["schema"], "components": {"schemas": operation.components}}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
