"""What tests look for in replies."""

from typing import Any

import httpx

JSON = dict[str, Any]


NOBODY = "00000000-0000-4000-8000-000000000000"


def locations(reply: httpx.Response) -> list[list[Any]]:
    assert reply.status_code == 422, reply.text
    return [problem["loc"] for problem in reply.json()["exception_detail"]]
