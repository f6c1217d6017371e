"""What routes depend on that give out flow runs."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from lictor.db.engine import Database
from lictor.db.ids import uuid7
from lictor.http.disconnect import is_gone
from lictor.resources.flow_runs.claims import end_claims_of


class Holder:
    """Who polls, as far as it can be told: a connection, which clients keep open between their polls.

    A proxy may tell the host of a client, but not the port, so that all clients of a host look alike, and a Unix socket
    tells neither. Then each request is somebody else's: what it is given nobody else gets for a while, not even its sender.
    """

    def __init__(self, connection: HTTPConnection) -> None:
        client = connection.client
        port = client.port if client is not None and client.port else uuid7()
        self.name = f"{client.host if client is not None else 'unknown'}:{port}"
        self._connection = connection

    async def give_back_if_gone(self, db: Database) -> None:
        """Ends all claims of a connection that has been closed: nobody can start what was claimed through it."""
        if is_gone(self._connection):
            await db.try_write(lambda tx: end_claims_of(tx, self.name))


async def holder_of(connection: HTTPConnection) -> Holder:
    return Holder(connection)


CurrentHolder = Annotated[Holder, Depends(holder_of)]
"""The connection of the request, as the holder of claims."""
