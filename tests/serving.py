"""Applications under test: called directly, or served over a socket."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from lictor.app import ROUTERS, create_app
from lictor.http.dependencies import State
from lictor.http.http_protocol import BoundedHttpProtocol
from lictor.http.routing import StrictRouter
from lictor.http.websocket_protocol import PING_SECONDS, ManualPongProtocol
from lictor.settings import Settings


@asynccontextmanager
async def running(
    settings: Settings, routers: Iterable[StrictRouter] = ROUTERS
) -> AsyncIterator[tuple[ASGIApp, State]]:
    """An application within its lifespan, and what it holds."""
    app = create_app(settings, routers)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        yield with_state, state


@asynccontextmanager
async def client_of(settings: Settings, routers: Iterable[StrictRouter] = ROUTERS) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running application; its paths start below /api."""
    async with running(settings, routers) as (app, _), client_to(app) as client:
        yield client


def client_to(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost/api")


@asynccontextmanager
async def port_of(app: FastAPI) -> AsyncIterator[int]:
    """The port on which an application is served as in production."""
    config = uvicorn.Config(
        app,
        port=0,
        loop="none",
        http=BoundedHttpProtocol,
        ws=ManualPongProtocol,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        proxy_headers=False,
        log_level="warning",
        log_config=None,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), serving
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving
