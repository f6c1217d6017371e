"""Values of forms."""

import pytest

SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "list": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "string"}}}},
        "optional": {"type": "string"},
    },
    "required": ["n"],
}


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"n": 1, "optional": None}, []),
        ({}, [{"property": "n", "errors": ["'n' is a required property"]}]),
        ({"n": "x"}, [{"property": "n", "errors": ["'x' is not of type 'integer'"]}]),
        (
            {"n": 1, "list": [{}, {"x": 5}]},
            [{"property": "list", "errors": [{"index": 1, "errors": [{"property": "x", "errors": None}]}]}],
        ),
        ({"n": {"__prefect_kind": "json", "value": "5"}}, []),
        ({"n": {"__prefect_kind": "json", "value": "{"}}, [{"property": "n", "errors": None}]),
        ({"n": {"__prefect_kind": "jinja", "template": "{{ x }}"}}, []),
        ({"n": {"__prefect_kind": "jinja", "template": "{{ x"}}, [{"property": "n", "errors": None}]),
        ({"n": {"__prefect_kind": "workspace_variable", "variable_name": "seven"}}, []),
        (
            {"n": {"__prefect_kind": "workspace_variable", "variable_name": "none"}},
            [{"property": "n", "errors": ["Variable 'none' not found in workspace."]}],
        ),
        ({"n": {"__prefect_kind": "none", "value": 5}}, []),
    ],
)
async def test_errors_stand_where_they_belong(api, values, errors):
    await api.post("/variables/", json={"name": "seven", "value": 7})
    reply = await api.post("/ui/schemas/validate", json={"schema": SCHEMA, "values": values})
    assert reply.status_code == 200, reply.text
    found = reply.json()
    assert found["valid"] is (errors == [])
    assert shape(found["errors"], errors) == errors


def shape(found, expected):
    """What was found, without the words that are not expected by the letter."""
    if expected is None:
        return None
    return [
        each if isinstance(each, str) else {**each, "errors": shape(each["errors"], wanted["errors"])}
        for each, wanted in zip(found, expected, strict=True)
    ]


@pytest.mark.parametrize("schema", [{"type": 5}, {"properties": {"n": {"$ref": "#/nowhere"}}}])
async def test_schemas_that_are_none(api, schema):
    reply = await api.post("/ui/schemas/validate", json={"schema": schema, "values": {"n": 1}})
    assert reply.status_code == 422
    assert "Invalid schema" in reply.json()["detail"]
