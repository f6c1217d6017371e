import asyncio
import errno
import os
import signal
import socket
import sys
from logging.config import dictConfig
from typing import Annotated

import uvicorn
from cyclopts import Parameter
from rich.console import Console
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from lictor import __version__
from lictor.cli.configuration import configured
from lictor.cli.log_config import log_config
from lictor.db import migrations
from lictor.db.engine import open_database
from lictor.errors import LictorError
from lictor.http.http_protocol import BoundedHttpProtocol
from lictor.http.websocket_protocol import PING_SECONDS, ManualPongProtocol
from lictor.resources.block_schemas import system
from lictor.settings import ServerSettings, Settings

BACKLOG = 2048


def start(
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    log_level: Annotated[str | None, Parameter(name="--log-level")] = None,
) -> None:
    """Run the server until it is told to stop.

    Parameters
    ----------
    host
        The address to listen on (PREFECT_SERVER_API_HOST).
    port
        The port to listen on; 0 for any that is free (PREFECT_SERVER_API_PORT).
    workers
        How many processes share the port (LICTOR_WORKERS).
    log_level
        DEBUG, INFO, WARNING, ERROR or CRITICAL (PREFECT_SERVER_LOGGING_LEVEL).
    """
    _set("PREFECT_SERVER_API_HOST", host)
    _set("PREFECT_SERVER_API_PORT", port)
    _set("LICTOR_WORKERS", workers)
    _set("PREFECT_SERVER_LOGGING_LEVEL", log_level)
    settings = configured()
    log = log_config(settings.server.logging_level, sql=settings.database.echo)
    dictConfig(log)
    with _bind(settings.server) as listener:
        asyncio.run(_prepare(settings))
        listener.listen(BACKLOG)  # from here on whoever connects is answered, if not at once
        _greet(listener, settings)
        _serve(_uvicorn(settings.server, log), listener)


async def _prepare(settings: Settings) -> None:
    """What is done once, however many processes share the port."""
    await migrations.prepare(settings.database)
    if settings.server.register_blocks_on_start:
        async with open_database(settings.database) as db:
            await system.register(db)


def _set(variable: str, value: object) -> None:
    """An option is its environment variable set for this run: so the worker processes know it too."""
    if value is not None:
        os.environ[variable] = str(value)


def _bind(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise LictorError(
                f"Port {settings.port} of {settings.host} is in use. Stop what listens there, or choose another"
                " with --port or PREFECT_SERVER_API_PORT."
            ) from error
        raise LictorError(f"Cannot listen on {settings.host}, port {settings.port}: {error.strerror}.") from error
    return listener


def _greet(listener: socket.socket, settings: Settings) -> None:
    host, port = listener.getsockname()[:2]
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # only compared
    url = f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"[bold]Lictor {__version__}[/] listens on {host}, port {port}, with {migrations.shown(settings.database)}"
    )
    console.print(f"Point Prefect at it:  [bold]export PREFECT_API_URL={url}{settings.server.base_path}[/]")
    console.print(f"What it answers:      {url}/docs")


def _uvicorn(settings: ServerSettings, log: dict[str, object]) -> uvicorn.Config:
    return uvicorn.Config(
        "lictor.cli.worker:create_app_of_this_process",
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http=BoundedHttpProtocol,
        ws=ManualPongProtocol,
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        lifespan="on",
        log_config=log,
        access_log=settings.logging_level in {"DEBUG", "INFO"},
        server_header=False,
        timeout_keep_alive=settings.keepalive_timeout,
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )


def _serve(config: uvicorn.Config, listener: socket.socket) -> None:
    """Until SIGINT or SIGTERM: then answers the requests in flight, and returns."""
    if config.workers > 1:
        workers = Multiprocess(config, [listener])
        workers.run()
        if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
            sys.exit(STARTUP_FAILURE)
        return
    # Uvicorn raises the signal once more when it is done; by then it has been obeyed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    uvicorn.Server(config).run([listener])
