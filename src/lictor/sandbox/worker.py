"""What runs in a worker process: reads a call from its standard input, a socket, runs it, and writes the answer back.

The process ends when the socket does, or when a call takes more processor time than it may: then the kernel kills it.
"""

import contextlib
import importlib
import json
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

FUNCTIONS = {
    "form_errors": "lictor.validation.form_errors:form_errors",
    "json_schema.check": "lictor.validation.json_schema_checks:check",
    "json_schema.check_schema": "lictor.validation.json_schema_checks:check_schema",
    "templates.render_all": "lictor.templates.rendering:render_all",
    "work_pools.check_defaults": "lictor.resources.work_pools.template_checks:check_defaults",
    "work_pools.check_values": "lictor.resources.work_pools.template_checks:check_values",
    "work_pools.first_wrong_value": "lictor.resources.work_pools.template_checks:first_wrong_value",
}
"""What may be called: pure functions whose arguments and results are JSON."""

LENGTH = struct.Struct("!Q")
"""Stands before each message: how many bytes it has."""

EXHAUSTED = "exhausted"
"""Stands for the type of an exception where the memory or the stack did not suffice."""


def main(seconds: float, memory_bytes: int) -> None:
    """Answer calls until the socket ends."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=sys.stdin.fileno()) as connection, connection.makefile("rb") as incoming:
        while header := incoming.read(LENGTH.size):
            (length,) = LENGTH.unpack(header)
            name, arguments = json.loads(incoming.read(length))
            function = _function(name)
            signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF, which ends the process: nothing here handles it
            reply = _answer(function, arguments)
            signal.setitimer(signal.ITIMER_PROF, 0)
            connection.sendall(LENGTH.pack(len(reply)) + reply)


def _function(name: str) -> Callable[..., Any]:
    module, _, function = FUNCTIONS[name].partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _answer(function: Callable[..., Any], arguments: list[Any]) -> bytes:
    try:
        return json.dumps({"result": function(*arguments)}).encode()
    except (MemoryError, RecursionError):
        return json.dumps({"raised": EXHAUSTED, "message": ""}).encode()
    except Exception as error:  # noqa: BLE001  # whatever it is, the caller is to know
        return json.dumps({"raised": type(error).__name__, "message": str(error)}).encode()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        main(float(sys.argv[1]), int(sys.argv[2]))
