import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from logging.config import dictConfig
from typing import Annotated

import uvicorn
from cyclopts import Parameter
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from lictor import __version__
from lictor.cli.configuration import configured
from lictor.cli.log_config import log_config
from lictor.db import migrations
from lictor.db.driver_errors import DRIVER_ERRORS
from lictor.db.engine import open_database
from lictor.db.failures import DatabaseUnavailable
from lictor.errors import LictorError
from lictor.http.http_protocol import BoundedHttpProtocol
from lictor.http.origins import is_loopback
from lictor.http.websocket_protocol import PING_SECONDS, ManualPongProtocol
from lictor.resources.block_schemas import system
from lictor.settings import ServerSettings, Settings

BACKLOG = 2048
PASSWORD = "PREFECT_SERVER_API_AUTH_STRING"  # noqa: S105  # the name of the variable

logger = logging.getLogger(__name__)


def start(
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    log_level: Annotated[str | None, Parameter(name="--log-level")] = None,
    services: Annotated[bool, Parameter(negative="--no-services")] = True,
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
    services
        Whether to run the services, too (LICTOR_SERVICES_IN_SERVER); else `lictor services start` has to.
    """
    _set("PREFECT_SERVER_API_HOST", host)
    _set("PREFECT_SERVER_API_PORT", port)
    _set("LICTOR_WORKERS", workers)
    _set("PREFECT_SERVER_LOGGING_LEVEL", log_level)
    if not services:
        _set("LICTOR_SERVICES_IN_SERVER", "false")
    settings = configured()
    log = log_config(settings.server.logging_level, sql=settings.database.echo)
    dictConfig(log)
    _refuse_to_be_open(settings.server)
    with _bind(settings.server) as listener:
        try:
            asyncio.run(_prepare(settings))
        except (DatabaseUnavailable, *DRIVER_ERRORS) as error:
            raise LictorError(
                f"{migrations.shown(settings.database)} cannot be written: {error}".partition("\n")[0]
            ) from error
        listener.listen(BACKLOG)  # from here on whoever connects is answered, if not at once
        _greet(listener, settings)
        _serve(_uvicorn(settings.server, log), listener)


def _refuse_to_be_open(settings: ServerSettings) -> None:
    """A password that is set to nothing was meant to be one; without any, whoever runs the server is told."""
    if settings.auth_string is not None or is_loopback(settings.host):
        return
    if os.environ.get(PASSWORD) == "" and not settings.allow_no_password:  # which is not unset
        raise LictorError(
            f"{PASSWORD} is set to nothing, so everybody who reaches {settings.host} could do everything."
            " Give it a user and a password, or set LICTOR_ALLOW_NO_PASSWORD=true if that is meant."
        )


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
    if settings.server.auth_string is None and not is_loopback(settings.server.host):
        logger.warning(
            "THIS SERVER IS OPEN: everybody who reaches %s may read and change everything, as %s is not set.",
            settings.server.host,
            PASSWORD,
        )
    host, port = listener.getsockname()[:2]
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # only compared
    url = f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(
        f"{bold}Lictor {__version__}{plain} listens on {host}, port {port}, with {migrations.shown(settings.database)}"
    )
    print(f"Point Prefect at it:  {bold}export PREFECT_API_URL={url}{settings.server.base_path}{plain}")
    print(f"What it answers:      {url}/docs", flush=True)


SECURITY_HEADERS = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
]
"""With every answer: browsers take it for nothing else than it says, show it in no frame, and tell nobody whence."""


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
        proxy_headers=False,  # ForwardedMiddleware knows more of them
        headers=SECURITY_HEADERS,
        timeout_keep_alive=settings.keepalive_timeout,
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )


class _Workers(Multiprocess):
    """The processes that answer, and the one above them."""

    def terminate_all(self) -> None:
        """Lets the port go first: as long as one process holds it, connections come in that nobody answers any more."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def _serve(config: uvicorn.Config, listener: socket.socket) -> None:
    """Until SIGINT or SIGTERM: then answers the requests in flight, and returns."""
    if config.workers > 1:
        workers = _Workers(config, [listener])
        workers.run()
        if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
            sys.exit(STARTUP_FAILURE)
        return
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        """Uvicorn has handlers of its own once it runs, and raises the signal once more when it is done."""
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.run([listener])
