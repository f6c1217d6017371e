"""What routes depend on that give out flow runs."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection


async def holder_of(connection: HTTPConnection) -> str:
    """The address that a request comes from."""
    client = connection.client
    return "unknown" if client is None else f"{client.host}:{client.port}"


Holder = Annotated[str, Depends(holder_of)]
"""Who polls, as far as it can be told: a connection, which clients keep open between their polls."""
