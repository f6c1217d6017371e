"""The installed `lictor` as a user runs it: a process of its own, with an environment of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

LICTOR = Path(sys.executable).with_name("lictor")


def environment(home: Path, **variables: str) -> dict[str, str]:
    return {**os.environ, "LICTOR_HOME": str(home), **variables}


def lictor(
    *arguments: str, home: Path, answer: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [LICTOR, *arguments],
        env=environment(home, **variables),
        cwd=home,
        input=answer or "",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class RunningServer:
    """`lictor server start` on a free port, unless told which; its greeting has been read."""

    def __init__(self, process: subprocess.Popen[str], greeting: str) -> None:
        self.process = process
        self.greeting = greeting
        found = re.search(r"PREFECT_API_URL=(\S+)", greeting)
        assert found, greeting
        self.url = found[1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what it said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


@contextmanager
def running_server(*arguments: str, home: Path, port: int = 0, **variables: str) -> Iterator[RunningServer]:
    process = subprocess.Popen(
        [LICTOR, "server", "start", "--port", str(port), *arguments],
        env=environment(home, **variables),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield RunningServer(process, "".join(process.stdout.readline() for _ in range(3)))
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def client(server: RunningServer) -> httpx.Client:
    """Patient: with several workers, the first answer comes when the first of them is ready."""
    return httpx.Client(base_url=server.url, timeout=30)
