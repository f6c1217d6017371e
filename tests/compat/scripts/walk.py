"""Walks through commands of Prefect's CLI, all in this process, and tells what each of them did.

Without arguments it prints which commands there are. Else the argument is a file of steps, as `cli_steps.py` has them.
What a step is told apart by: its exit code, what it printed, and its requests with their statuses.
"""

import contextlib
import functools
import io
import json
import os
import re
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import httpx
from prefect.cli._app import _app, app

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PATIENCE_SECONDS = 60
AGAIN_SECONDS = 3
STEP_SECONDS = 120
STOOD_STILL = 124

requests: list[tuple[str, str, int]] = []


def commands() -> list[list[str]]:
    """All names of each command."""
    names: dict[int, list[str]] = {}

    def walk(part: Any, path: tuple[str, ...]) -> None:
        if part.default_command is not None:
            names.setdefault(id(part.default_command), []).append(" ".join(path))
        for name in part:
            if not name.startswith("-"):
                walk(part[name], (*path, name))

    walk(_app, ())
    return list(names.values())


def listen() -> None:
    """From now on every request of this process is noted."""

    def noting(send: Any) -> Any:
        def note(request: httpx.Request, status: int) -> None:
            requests.append((request.method, request.url.raw_path.decode().partition("/api")[2], status))

        @functools.wraps(send)
        async def in_loop(self: Any, request: httpx.Request, **options: Any) -> httpx.Response:
            response = await send(self, request, **options)
            note(request, response.status_code)
            return response

        @functools.wraps(send)
        def at_once(self: Any, request: httpx.Request, **options: Any) -> httpx.Response:
            response = send(self, request, **options)
            note(request, response.status_code)
            return response

        return in_loop if "Async" in send.__qualname__ else at_once

    httpx.AsyncClient.send = noting(httpx.AsyncClient.send)
    httpx.Client.send = noting(httpx.Client.send)


class Beside:
    """What goes on while a command runs that would not end by itself, and ends it when it has done what it is for.

    A request is sent again and again, until its answer is no empty list, or until the command says what it must. Then the
    command is interrupted, and again after some seconds if it goes on: an interrupt cancels the command's task, and the
    SDK may be where it swallows that.
    """

    def __init__(self, request: list[Any], says: str, printed: io.StringIO) -> None:
        self.path, self.body = request
        self.says = says
        self.printed = printed
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.thread.join()

    def watch(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        with httpx.HTTPTransport() as transport:
            while not self.over.wait(0.2):
                if time.monotonic() > deadline or self.done(transport):
                    break
        while not self.over.is_set():
            os.kill(os.getpid(), signal.SIGINT)
            self.over.wait(AGAIN_SECONDS)

    def done(self, transport: httpx.HTTPTransport) -> bool:
        url = f"{os.environ['PREFECT_API_URL']}{self.path}"
        try:
            found = transport.handle_request(httpx.Request("POST", url, json=self.body)).read()
        except httpx.TransportError:
            return False
        if self.says:
            return self.says in self.printed.getvalue()
        return bool(json.loads(found))


class StandsStill(BaseException):
    """A step goes on past its bound."""


def stand_still(*_signal: object) -> None:
    raise StandsStill


def run(arguments: list[str]) -> int:
    sys.argv = ["prefect", *arguments]
    signal.setitimer(signal.ITIMER_REAL, STEP_SECONDS, AGAIN_SECONDS)
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return 130
    except StandsStill:
        traceback.print_exc()
        return STOOD_STILL
    except Exception:  # noqa: BLE001  # whatever it is, it is the answer
        traceback.print_exc()
        return 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 0


def walk(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names: dict[str, str] = {}
    told = []
    for step in steps:
        arguments = [
            functools.reduce(lambda text, name: text.replace(f"<{name}>", names[name]), names, word)
            for word in step["command"]
        ]
        deadline = time.monotonic() + (PATIENCE_SECONDS if step["until"] else 0)
        found = take(arguments, step)
        while step["says"] not in found["printed"] and time.monotonic() < deadline:
            time.sleep(0.3)
            found = take(arguments, step)
        if step["saved"]:
            ids = ID.findall(found["printed"])
            names[step["saved"]] = ids[0] if ids else "no id"
        told.append(found)
    return told


def take(arguments: list[str], step: dict[str, Any]) -> dict[str, Any]:
    printed = io.StringIO()
    before = len(requests)
    began = time.monotonic()
    beside = Beside(step["beside"], step["says"], printed) if step["beside"] else contextlib.nullcontext()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), beside:
        code = run(arguments)
    seconds = time.monotonic() - began
    return {"code": code, "printed": printed.getvalue(), "requests": requests[before:], "seconds": seconds}


if len(sys.argv) == 1:
    print(json.dumps(commands()))
else:
    # Whoever starts this in the background may have SIGINT ignored, which processes inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, stand_still)
    listen()
    print(json.dumps(walk(json.loads(Path(sys.argv[1]).read_text()))))
