"""What routes ask for: the database to read, a transaction to write in, the settings."""

from collections.abc import AsyncIterator
from typing import Annotated, TypedDict, cast

from fastapi import Depends
from fastapi.requests import HTTPConnection

from lictor.db.engine import Database, Reader, Transaction
from lictor.settings import Settings


class State(TypedDict):
    """What a running server holds, from the start of its lifespan to its end."""

    db: Database
    settings: Settings


def state_of(connection: HTTPConnection) -> State:
    return cast("State", connection.scope["state"])


async def reader(connection: HTTPConnection) -> Reader:
    return state_of(connection)["db"].read


async def write_tx(connection: HTTPConnection) -> AsyncIterator[Transaction]:
    async with state_of(connection)["db"].write() as transaction:
        yield transaction


async def current_settings(connection: HTTPConnection) -> Settings:
    return state_of(connection)["settings"]


ReadDB = Annotated[Reader, Depends(reader)]
"""Reads, in autocommit."""

WriteTx = Annotated[Transaction, Depends(write_tx, scope="function")]
"""The one transaction of a request that writes: committed before the answer is sent, rolled back on any error."""

CurrentSettings = Annotated[Settings, Depends(current_settings)]
"""The settings of this server."""
