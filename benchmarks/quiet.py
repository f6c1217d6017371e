"""Whether the machine is ours alone: a busy machine gives figures of a busy machine."""

import os
import time
from concurrent.futures import ProcessPoolExecutor

SAMPLE_SECONDS = 1.0


def share_of_others() -> float:
    """The share of all cores' time that other programs take from programs that would use it all."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        got = list(pool.map(_compute, [SAMPLE_SECONDS] * cores))
    return max(1 - sum(got) / (SAMPLE_SECONDS * cores), 0)


def _compute(seconds: float) -> float:
    """Seconds of computing time in so many seconds of time."""
    began, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        pass
    return time.process_time() - used
