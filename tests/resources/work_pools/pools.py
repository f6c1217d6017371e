"""Work pools that several tests make."""

from typing import Any

import httpx

from tests.replies import JSON

VARIABLES: JSON = {
    "type": "object",
    "required": ["image"],
    "properties": {
        "image": {"type": "string"},
        "command": {"type": "string"},
        "n": {"type": "integer", "default": 3},
        "env": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


TEMPLATE: JSON = {
    "job_configuration": {"command": "{{ command }}", "deep": [{"n": "x {{n}} y"}]},
    "variables": VARIABLES,
}


async def pool(api: httpx.AsyncClient, name: str = "pool", **asked: Any) -> JSON:
    reply = await api.post("/work_pools/", json={"name": name, "type": "process", **asked})
    assert reply.status_code == 201, reply.text
    return reply.json()
