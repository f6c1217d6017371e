"""Parameters that stand for others."""

from typing import Any

import pytest

from lictor.db.engine import Database
from lictor.errors import RequestError
from lictor.resources.deployments.hydration import HydrationError, hydrated


def kind(kind: Any, **fields: Any) -> dict[str, Any]:
    return {"__prefect_kind": kind, **fields}


async def hydration(db: Database, parameters: dict[str, Any]) -> dict[str, Any]:
    async with db.read.connection() as connection:
        return await hydrated(parameters, connection)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": 1, "b": [{"c": None}]}, {"a": 1, "b": [{"c": None}]}),
        ({"a": kind("none", value={"b": kind("json", value="2")})}, {"a": {"b": 2}}),
        ({"a": kind("json", value='{"b": [1, null]}')}, {"a": {"b": [1, None]}}),
        ({"a": kind("json", value=f"{2**70}")}, {"a": 2**70}),
        ({"a": kind("json", value=5)}, {"a": 5}),
        ({"a": kind("json", value=kind("none", value="[1]"))}, {"a": [1]}),
        ({"a": kind("json"), "b": [kind("json"), 1]}, {"b": [1]}),
        ({"a": kind("workspace_variable")}, {}),
        ({"a": kind("jinja", template="plain")}, {"a": "plain"}),
        ({"a": kind("jinja", template="{{ 1 + 1 }}{% for x in [1, 2] %}{{ x }}{% endfor %}")}, {"a": "212"}),
        ({"a": kind("jinja", template="{{ unknown.field }}")}, {"a": ""}),
        ({"a": kind("jinja", template=kind("none", value="plain"))}, {"a": "plain"}),
        ({"a": kind("other", value=7), "b": kind(["x"]), "c": kind(None, value=1)}, {"a": 7, "b": None, "c": 1}),
        (kind("json", value='{"a": 1}'), {"a": 1}),
        (kind("json"), {}),
    ],
    ids=str,
)
async def test_values_take_the_place_of_what_stands_for_them(db, given, expected):
    assert await hydration(db, given) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": kind("none")}, "Missing 'value' key in __prefect object"),
        ({"a": kind("jinja")}, "Missing 'template' key in __prefect object"),
        ({"a": kind("json", value="[1, ")}, "Invalid JSON: Expecting value: line 1 column 5 (char 4)"),
        ({"a": kind("workspace_variable", variable_name="x")}, "Variable 'x' not found in workspace."),
        ({"a": kind("jinja", template="{{ 1 + ")}, "Invalid jinja"),
        ({"a": kind("jinja", template="{{ 'x' * 10**9 }}")}, "Invalid jinja"),
        ({"a": kind("jinja", template=1)}, "Invalid jinja"),
        (kind("json", value="5"), "the parameters must be an object"),
    ],
)
async def test_what_stands_for_nothing(db, given, message):
    with pytest.raises(HydrationError) as caught:
        await hydration(db, given)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ['"\\u0000"', '"\\ud800"', "NaN", "1e999", "[" * 500 + "]" * 500])
async def test_json_in_text_is_as_strict_as_any(db, text):
    with pytest.raises(RequestError) as caught:
        await hydration(db, {"a": kind("json", value=text)})
    assert 400 <= caught.value.status < 500


async def test_variables_are_read_once(db, make, statements):
    await make.variable("bucket", value={"name": "s3"})
    await make.variable("nothing", value=None)
    bucket = kind("workspace_variable", variable_name="bucket")
    given = {
        "a": bucket,
        "b": [bucket, kind("workspace_variable", variable_name=kind("none", value="nothing"))],
        "c": kind("json", value=kind("workspace_variable", variable_name="bucket")),
    }
    statements.clear()
    assert await hydration(db, given) == {"a": {"name": "s3"}, "b": [{"name": "s3"}, None], "c": {"name": "s3"}}
    assert len(statements) == 2
