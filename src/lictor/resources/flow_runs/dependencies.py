"""What routes depend on that give out flow runs."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from lictor.db.ids import uuid7


async def holder_of(connection: HTTPConnection) -> str:
    """The address that a request comes from.

    A proxy may tell the host of a client, but not the port, so that all clients of a host look alike, and a Unix socket
    tells neither. Then each request is somebody else's: what it is given nobody else gets for a while, not even its sender.
    """
    client = connection.client
    if client is None or not client.port:
        return f"{client.host if client else 'unknown'}:{uuid7()}"
    return f"{client.host}:{client.port}"


Holder = Annotated[str, Depends(holder_of)]
"""Who polls, as far as it can be told: a connection, which clients keep open between their polls."""
