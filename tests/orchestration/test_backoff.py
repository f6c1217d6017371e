import statistics
from datetime import UTC, datetime, timedelta

import pytest

from lictor.orchestration.backoff import EARLIEST, LATEST, after, retry_delay, scattered

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [(90, NOON + timedelta(seconds=90)), (-0.5, NOON - timedelta(seconds=0.5)), (1e12, LATEST), (-1e300, EARLIEST)],
)
def test_after(seconds, moment):
    assert after(NOON, seconds) == moment


@pytest.mark.parametrize("factor", [0.1, 0.3, 1.0, 20.0])
def test_scattered_times_keep_their_bound_and_about_their_average(factor):
    times = [scattered(10, factor) for _ in range(4000)]
    assert all(0 <= time <= 10 * (1 + factor) for time in times)
    assert statistics.mean(times) == pytest.approx(10, rel=0.12)


@pytest.mark.parametrize(("average", "factor"), [(0, 0.3), (10, 1e308), (10, 1e-12)])
def test_scattering_takes_extremes(average, factor):
    assert scattered(average, factor) >= 0


@pytest.mark.parametrize(
    ("delay", "run_count", "seconds"),
    [(None, 1, 0), (5, 3, 5), ([1, 2, 3], 2, 2), ([1, 2, 3], 9, 3), ([], 1, 0), (-5, 1, -5)],
)
def test_retry_delay(delay, run_count, seconds):
    assert retry_delay({"retry_delay": delay, "retry_jitter_factor": None}, run_count) == seconds


@pytest.mark.parametrize("delay", [10**400, [10**400], 1e308])
@pytest.mark.parametrize("factor", [None, 0.5])
def test_a_delay_longer_than_any_number(delay, factor):
    assert after(NOON, retry_delay({"retry_delay": delay, "retry_jitter_factor": factor}, 1)) == LATEST


def test_a_delay_of_nothing_has_no_jitter():
    assert retry_delay({"retry_delay": 0, "retry_jitter_factor": 0.5}, 1) == 0
