"""The client that a request comes from, by its `User-Agent`."""

import re
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from lictor.validation.client import UNKNOWN, Client

USER_AGENT = re.compile(r"^prefect/(\d+)\.(\d+)\.(\d+)[a-z.+0-9]* \(API \S+\)$")


async def client_of(connection: HTTPConnection) -> Client:
    """The client that a request comes from."""
    agent = USER_AGENT.match(connection.headers.get("user-agent", ""))
    return UNKNOWN if agent is None else Client((int(agent[1]), int(agent[2]), int(agent[3])))


CurrentClient = Annotated[Client, Depends(client_of)]
"""Who calls."""
