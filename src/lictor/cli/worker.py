"""What each process of a running server loads. The one above them, which only watches, does without."""

import ctypes
import gc
import sys
from contextlib import suppress

gc.disable()  # a start makes much that stays, and the collector would walk through it a dozen times

from fastapi import FastAPI  # noqa: E402

from lictor.app import create_app  # noqa: E402
from lictor.settings import read_settings  # noqa: E402

M_ARENA_MAX = -8  # of the GNU C library's malloc.h


def create_app_of_this_process() -> FastAPI:
    """The server that the environment describes."""
    app = create_app(read_settings())
    # What is there now stays for good; the collector would walk through it again and again, while requests wait.
    gc.collect()
    gc.freeze()
    gc.enable()
    # Nor is it to look through the thousands of events that wait under load each time a few more objects are made.
    gc.set_threshold(50_000, 20, 50)
    # While one thread reads events, those that write and read SQLite would wait five milliseconds for each step by default,
    # of which a batch of events has some thirty.
    sys.setswitchinterval(0.0001)
    _have_one_heap()
    return app


def _have_one_heap() -> None:
    """The GNU C library gives each thread a heap, and what one has freed no other can use: some 10 MB under load."""
    with suppress(OSError, TypeError, AttributeError):  # other libraries have no such thing
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
