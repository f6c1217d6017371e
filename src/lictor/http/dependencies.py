"""What routes ask for: the database to read, a transaction to write in, the settings."""

from collections.abc import AsyncIterator
from typing import Annotated, TypedDict, cast

from fastapi import Depends
from fastapi.requests import HTTPConnection

from lictor.db.byte_budget import ByteBudget
from lictor.db.engine import Database, Reader, Transaction
from lictor.http.disconnect import refuse_if_gone
from lictor.settings import Settings


class State(TypedDict):
    """What a running server holds, from the start of its lifespan to its end."""

    db: Database
    settings: Settings
    budget: ByteBudget


def state_of(connection: HTTPConnection) -> State:
    return cast("State", connection.scope["state"])


async def reader(connection: HTTPConnection) -> Reader:
    return state_of(connection)["db"].bounded_read


async def write_tx(connection: HTTPConnection) -> AsyncIterator[Transaction]:
    async with state_of(connection)["db"].write() as transaction:
        refuse_if_gone(connection)  # those who wait here may be many, and others wait behind them
        yield transaction


async def granting_tx(connection: HTTPConnection) -> AsyncIterator[Transaction]:
    async with state_of(connection)["db"].write() as transaction:
        refuse_if_gone(connection)
        yield transaction
        refuse_if_gone(connection)


async def current_database(connection: HTTPConnection) -> Database:
    return state_of(connection)["db"]


async def current_settings(connection: HTTPConnection) -> Settings:
    return state_of(connection)["settings"]


ReadDB = Annotated[Reader, Depends(reader)]
"""Reads, in autocommit."""

WriteTx = Annotated[Transaction, Depends(write_tx, scope="function")]
"""The one transaction of a request that writes: committed before the answer is sent, rolled back on any error."""

GrantingTx = Annotated[Transaction, Depends(granting_tx, scope="function")]
"""The same for what only the answer tells the client that it has: rolled back, too, if the client has hung up."""

CurrentDatabase = Annotated[Database, Depends(current_database)]
"""The database, for what reads first and then writes at most a little, in transactions of its own."""

CurrentSettings = Annotated[Settings, Depends(current_settings)]
"""The settings of this server."""
