"""What the PostgreSQL driver is told when it opens a connection."""

import ssl
from typing import Any

from lictor.settings import DatabaseSettings


def postgresql_connect_args(settings: DatabaseSettings, statement_timeout: float | None) -> dict[str, Any]:
    """What the driver is told about each connection; a statement may take that many seconds, or any time."""
    session = {
        # Values differ so much in how often they occur that a plan for any value serves none.
        "plan_cache_mode": "force_custom_plan",
        "application_name": settings.application_name or "lictor",
        # Statements here last milliseconds; compiling them to machine code would take longer.
        "jit": "off",
        # Disks that turn are gone; with PostgreSQL's default it rather reads a whole table than a tenth of it.
        "random_page_cost": "1.1",
        # A history has more groups than the default has room for, and would be sorted instead.
        "work_mem": "16MB",
    }
    if statement_timeout is not None:
        session["statement_timeout"] = str(round(statement_timeout * 1000))
    if settings.search_path is not None:
        session["search_path"] = settings.search_path
    connect: dict[str, Any] = {"server_settings": session, "timeout": settings.connection_timeout}
    for option in ("statement_cache_size", "prepared_statement_cache_size"):
        if (size := getattr(settings, option)) is not None:
            connect[option] = size
    if settings.tls_enabled:
        connect["ssl"] = _tls(settings)
    return connect


def _tls(settings: DatabaseSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.tls_ca_file)
    context.check_hostname = settings.tls_check_hostname
    if settings.tls_cert_file is not None:
        context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    return context
