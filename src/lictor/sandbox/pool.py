"""The worker processes, as seen from the server: started on first use, reused, killed past a limit, ended when idle."""

import asyncio
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from lictor.sandbox.worker import EXHAUSTED, LENGTH

IDLE_SECONDS = 60.0
"""A process that has not been used for so long is ended: it holds some 25 MB."""

WALL_FACTOR = 10
START_SECONDS = 15.0
"""A call may last so many times its processor time, as others want the processor, too, and a process has to start."""

MAX_CALL_BYTES = 2 * 1024 * 1024
"""To write and read a longer one as JSON would hold the event loop for longer than 20 ms."""

EXHAUSTED_CALLS = 1_000
EXHAUSTED_SECONDS = 60.0
"""A call that did not end within its limits is refused at once when it comes again within so many seconds."""

ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
"""What a worker process knows of the server's environment, which holds passwords."""


@dataclass(frozen=True)
class Limits:
    """What calls may use: processor time and address space each, processes and waiting time together."""

    seconds: float = 1.0
    memory_bytes: int = 512 * 1024 * 1024
    processes: int = 2
    wait_seconds: float = 5.0


class OverBudget(Exception):
    """The call needs more time or memory than it may use. The message is a sentence for the client."""


class SandboxBusy(Exception):
    """All processes were at work for as long as a call may wait for one; try again."""


class SandboxError(Exception):
    """The function raised an exception; `kind` is the name of its type."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _Died(Exception):
    """The process ended in the midst of a call, with this return code."""


class WorkerProcess:
    """A process that runs one call after the other."""

    def __init__(self, limits: Limits) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603  # this interpreter, and a module of ours
                [sys.executable, "-m", "lictor.sandbox.worker", str(limits.seconds), str(limits.memory_bytes)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                process_group=0,  # Ctrl+C is for the server
            )
        self.used = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def call(self, call: bytes) -> Any:
        """The answer to a call. Raises _Died."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self._socket, LENGTH.pack(len(call)) + call)
            (length,) = LENGTH.unpack(await self._receive(LENGTH.size))
            return json.loads(await self._receive(length))
        except (ConnectionError, EOFError):
            raise _Died(await loop.run_in_executor(None, self._process.wait)) from None

    async def _receive(self, length: int) -> bytes:
        received = bytearray()
        loop = asyncio.get_running_loop()
        while len(received) < length:
            if not (some := await loop.sock_recv(self._socket, min(length - len(received), 1 << 18))):
                raise EOFError
            received += some
        return bytes(received)

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self._socket.close()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class ProcessPool:
    """At most `limits.processes` at a time; a call waits for one, but not forever."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = asyncio.Semaphore(limits.processes)
        self._idle: list[WorkerProcess] = []
        self._exhausted: dict[bytes, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def call(self, name: str, *arguments: Any) -> Any:
        """What the function returns. Raises SandboxError, OverBudget and SandboxBusy."""
        call = json.dumps([name, arguments], ensure_ascii=False).encode(errors="surrogatepass")
        if len(call) > MAX_CALL_BYTES:
            raise OverBudget(
                f"with its values it has more than {MAX_CALL_BYTES} bytes, which are the most that can be checked"
            )
        digest = hashlib.sha256(call).digest()
        if self._exhausted.get(digest, 0.0) > time.monotonic():
            raise self._over_budget()
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise SandboxBusy("all processes that check schemas and templates are at work") from None
        try:
            reply = await self._run(call, digest)
        finally:
            self._places.release()
        if "raised" in reply:
            if reply["raised"] == EXHAUSTED:
                raise self._remember(digest)
            raise SandboxError(reply["raised"], reply["message"])
        return reply["result"]

    async def _run(self, call: bytes, digest: bytes) -> Any:
        process = self._idle.pop() if self._idle else WorkerProcess(self._limits)
        is_sound = False
        try:
            async with asyncio.timeout(self._limits.seconds * WALL_FACTOR + START_SECONDS):
                reply = await process.call(call)
            is_sound = True
        except TimeoutError:
            raise SandboxBusy("the processor is too busy to check a schema or a template") from None
        except _Died as death:
            if death.args[0] in {-signal.SIGPROF, -signal.SIGSEGV, -signal.SIGABRT}:
                raise self._remember(digest) from None
            raise SandboxBusy(f"a process that checks schemas and templates ended with {death}") from None
        finally:
            if is_sound:
                self._give_back(process)
            else:
                process.kill()
        return reply

    def _remember(self, digest: bytes) -> OverBudget:
        if len(self._exhausted) >= EXHAUSTED_CALLS:
            self._exhausted.clear()
        self._exhausted[digest] = time.monotonic() + EXHAUSTED_SECONDS
        return self._over_budget()

    def _over_budget(self) -> OverBudget:
        megabytes = self._limits.memory_bytes >> 20
        return OverBudget(
            f"it takes more than {self._limits.seconds:g} s of processor time or {megabytes} MB of memory"
        )

    def _give_back(self, process: WorkerProcess) -> None:
        process.used = time.monotonic()
        self._idle.append(process)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle)

    def _end_idle(self) -> None:
        self._timer = None
        oldest = time.monotonic() - IDLE_SECONDS
        for process in [process for process in self._idle if process.used <= oldest]:
            self._idle.remove(process)
            process.kill()
        if self._idle:
            self._timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle)

    def close(self) -> None:
        """End all processes."""
        if self._timer is not None:
            self._timer.cancel()
        while self._idle:
            self._idle.pop().kill()


_pools: dict[asyncio.AbstractEventLoop, ProcessPool] = {}


@asynccontextmanager
async def open_pool(limits: Limits) -> AsyncIterator[ProcessPool]:
    """The pool that `call` uses in this event loop, until the block ends."""
    loop = asyncio.get_running_loop()
    before = _pools.get(loop)
    pool = _pools[loop] = ProcessPool(limits)
    try:
        yield pool
    finally:
        if before is None:
            del _pools[loop]
        else:
            _pools[loop] = before
        pool.close()


async def call(name: str, *arguments: Any) -> Any:
    """What a function of `lictor.sandbox.worker.FUNCTIONS` returns. Raises SandboxError, OverBudget and SandboxBusy."""
    pool = _pools.get(asyncio.get_running_loop())
    if pool is not None:
        return await pool.call(name, *arguments)
    async with open_pool(Limits()) as own:  # outside of a server
        return await own.call(name, *arguments)
