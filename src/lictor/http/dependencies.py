"""What routes ask for: the database to read, a transaction to write in, the settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypedDict, cast

from fastapi import Depends
from fastapi.requests import HTTPConnection
from starlette.requests import ClientDisconnect

from lictor.db.byte_budget import ByteBudget
from lictor.db.engine import Database, Reader, Transaction
from lictor.http.disconnect import is_gone, refuse_if_gone
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


@dataclass
class Grant:
    """A request that gives a client what only the answer tells it that it has.

    If the client hangs up before the commit, the transaction is rolled back; if it does between the commit and the
    answer, `undo` takes back what was given, in a transaction of its own.
    """

    tx: Transaction
    undo: Callable[[Transaction], Awaitable[object]] | None = None


async def current_grant(connection: HTTPConnection) -> AsyncIterator[Grant]:
    db = state_of(connection)["db"]
    async with db.write() as transaction:
        refuse_if_gone(connection)
        grant = Grant(transaction)
        yield grant
        refuse_if_gone(connection)
    if grant.undo is not None and is_gone(connection):
        await db.try_write(grant.undo)
        raise ClientDisconnect


class Presence:
    """Whether the client of a request is still there."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def require(self) -> None:
        """Raises ClientDisconnect if the client has hung up, so that the transaction is rolled back."""
        refuse_if_gone(self._connection)


async def current_presence(connection: HTTPConnection) -> Presence:
    return Presence(connection)


async def current_database(connection: HTTPConnection) -> Database:
    return state_of(connection)["db"]


async def current_settings(connection: HTTPConnection) -> Settings:
    return state_of(connection)["settings"]


ReadDB = Annotated[Reader, Depends(reader)]
"""Reads, in autocommit."""

WriteTx = Annotated[Transaction, Depends(write_tx, scope="function")]
"""The one transaction of a request that writes: committed before the answer is sent, rolled back on any error."""

CurrentGrant = Annotated[Grant, Depends(current_grant, scope="function")]
"""The same for what only the answer tells the client that it has: taken back if the client has hung up."""

CurrentPresence = Annotated[Presence, Depends(current_presence)]
"""The client, for routes that give it something in some cases only."""

CurrentDatabase = Annotated[Database, Depends(current_database)]
"""The database, for what reads first and then writes at most a little, in transactions of its own."""

CurrentSettings = Annotated[Settings, Depends(current_settings)]
"""The settings of this server."""
