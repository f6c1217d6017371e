"""What Prefect's SDK and CLI follow while it happens: events, logs, and the ends of runs."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import sdk, servers
from .servers import Server


def test_runs_are_waited_for_and_events_and_logs_followed(lictor: Server, tmp_path: Path) -> None:
    assert sdk.run(lictor, tmp_path, "streams") == sdk.HEARD


@contextmanager
def streamed(server: Server, home: Path) -> Iterator[Path]:
    """What `prefect events stream` prints while it runs."""
    printed = home / "printed"
    environment = sdk.environment(server, home) | {"PYTHONUNBUFFERED": "1"}
    with printed.open("w") as output:
        streaming = subprocess.Popen([servers.PREFECT, "events", "stream"], env=environment, stdout=output)
    try:
        yield printed
    finally:
        streaming.kill()
        streaming.wait()


def until_told(printed: Path, name: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while name not in printed.read_text():
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.1)


def test_events_are_emitted_and_streamed_by_the_command_line(lictor: Server, tmp_path: Path) -> None:
    with streamed(lictor, tmp_path) as printed:
        until_told(printed, "Subscribing")
        emit = ("events", "emit", "pot.lifted", "--resource-id", "pot.2", "--payload", '{"by": "ü"}')
        [(code, said)] = sdk.cli(lictor, tmp_path, emit)
        assert code == 0, said
        until_told(printed, "pot.lifted")
    events = [json.loads(line) for line in printed.read_text().splitlines() if line.startswith("{")]
    [lifted] = [event for event in events if event["event"] == "pot.lifted"]
    assert (lifted["resource"]["prefect.resource.id"], lifted["payload"]) == ("pot.2", {"by": "ü"})
