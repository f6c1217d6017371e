"""How long `POST /api/task_runs/export` takes for everything there is, and how much memory.

    .venv/bin/python -m benchmarks.bench_export --rows 1000000 --databases sqlite --directory /var/tmp/bench

The rows are those of `make bench`; a directory that it has kept is used again.
"""

import argparse
import http.client
import json
import os
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.__main__ import KINDS, with_history
from benchmarks.databases import open_databases
from benchmarks.servers import Server, lictor

CHUNK = 1 << 20
SECONDS_BETWEEN_LOOKS = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many task runs (default: %(default)s)")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS, help="(default: both)")
    parser.add_argument("--directory", type=Path, help="where to keep the databases for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lictor-bench-") as scratch:
        directory = options.directory or Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)  # PostgreSQL may have to run as somebody else
        for kind in options.databases:
            with open_databases(kind, directory) as databases:
                _, url = with_history(databases, options.rows, Path(scratch) / "homes")
                with lictor(Path(scratch) / kind, url) as server:
                    for format in ("ndjson", "csv"):
                        print(f"{databases.kind}, {format}: {_measured(server, format)}", flush=True)


def _measured(server: Server, format: str) -> str:
    """One export, read as fast as it comes, while pages are asked for."""
    before = server.memory()
    seen: list[tuple[float, float]] = []
    over = threading.Event()
    watching = threading.Thread(target=_watch, args=(server, over, seen))
    watching.start()
    used = _processor_seconds(server)
    began = time.perf_counter()
    lines, size = _read(server.port, format)
    seconds = time.perf_counter() - began
    used = _processor_seconds(server) - used
    over.set()
    watching.join()
    memory = max(each for each, _ in seen)
    pages = sorted(page for _, page in seen)
    return (
        f"{lines:,} lines, {size / 1e6:.0f} MB in {seconds:.1f} s, {used:.1f} s of a processor; memory {before:.0f} MB before,"
        f" {memory:.0f} MB at most; a page of 1 meanwhile {pages[len(pages) // 2] * 1000:.0f} ms"
        f" (median), {pages[-1] * 1000:.0f} ms at most"
    )


def _processor_seconds(server: Server) -> float:
    """What the server has used so far."""
    used = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def _read(port: int, format: str) -> tuple[int, int]:
    connection = _asking(port, "export", {"format": format})
    response = connection.getresponse()
    assert response.status == 200, response.read()
    lines = size = 0
    while chunk := response.read(CHUNK):
        lines += chunk.count(b"\n")
        size += len(chunk)
    connection.close()
    return lines, size


def _asking(port: int, route: str, body: dict[str, object]) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"content-type": "application/json"}
    connection.request("POST", f"/api/task_runs/{route}", json.dumps(body), headers)
    return connection


def _watch(server: Server, over: threading.Event, seen: list[tuple[float, float]]) -> None:
    while not over.wait(SECONDS_BETWEEN_LOOKS):
        began = time.perf_counter()
        connection = _asking(server.port, "filter", {"limit": 1})
        connection.getresponse().read()
        seen.append((server.memory(), time.perf_counter() - began))
        connection.close()


if __name__ == "__main__":
    main()
