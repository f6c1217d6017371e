"""A round-robin proxy: each new connection goes to the next server that takes it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class RoundRobin:
    """Passes bytes on, both ways, until either side hangs up."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self.connections: set[asyncio.Task[None]] = set()
        self._turn = 0

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve((reader, writer)))
        self.connections.add(connection)
        connection.add_done_callback(self.connections.discard)

    async def _serve(self, client: Side) -> None:
        sides = [client]
        try:
            if (server := await self._connect()) is not None:
                sides.append(server)
                await asyncio.gather(_pass_on(client, server), _pass_on(server, client))
        finally:
            for _, writer in sides:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _connect(self) -> Side | None:
        for _ in self.ports:
            self._turn += 1
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self.ports[self._turn % len(self.ports)])
        return None

    async def stop(self) -> None:
        for connection in self.connections:
            connection.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)


async def _pass_on(origin: Side, target: Side) -> None:
    with suppress(OSError):
        while data := await origin[0].read(65536):
            target[1].write(data)
            await target[1].drain()
    target[1].close()


@asynccontextmanager
async def round_robin(ports: Sequence[int]) -> AsyncIterator[str]:
    """The URL of the API behind a proxy of these servers."""
    proxy = RoundRobin(ports)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
        finally:
            await proxy.stop()
