"""Figures for Prometheus. Each process speaks of itself alone, and says which it is."""

import os
import time
from collections.abc import Iterator

from fastapi import Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lictor.db.engine import Database
from lictor.events.recorder import Distribution, Recorder
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.routing import RouteTable, StrictRouter, UnversionedRoute
from lictor.observability.loop_lag import LoopLag
from lictor.observability.measurements import RetentionMeasurements

BOUNDS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
LABELS = ("process",)


class RequestMetrics:
    """How many requests there were of each route, and how long they took."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "lictor_request_seconds",
            "Time from a request to the end of its answer, by route and status.",
            ("method", "route", "status", *LABELS),
            registry=self.registry,
            buckets=BOUNDS,
        )
        self.loop_lag = LoopLag()

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        self._seconds.labels(method, route, status, os.getpid()).observe(seconds)


class MetricsMiddleware:
    """Notes each request; of those that no route answers, no path, because anybody could make up millions."""

    def __init__(self, app: ASGIApp, measurements: RequestMetrics) -> None:
        self.app = app
        self.measurements = measurements

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self.measurements.loop_lag.start()
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        finally:
            route = scope.get(RouteTable.CHOSEN)
            path = "none" if route is None else route.path
            self.measurements.note(scope["method"], path, status, time.perf_counter() - began)


class _Recording(Collector):
    """What a recorder and a database tell, at the moment they are asked."""

    def __init__(self, recorder: Recorder, db: Database, retention: RetentionMeasurements, loop_lag: LoopLag) -> None:
        self._retention = retention
        self._recorder = recorder
        self._loop_lag = loop_lag
        self._db = db

    def collect(self) -> Iterator[Metric]:
        me = [str(os.getpid())]
        measurements = self._recorder.measurements
        for name, about, value in (
            ("received", "Events that came in.", measurements.received),
            ("committed", "Events that are safe in the database.", measurements.committed),
            ("refused", "What came in and is no event, or cannot be stored.", measurements.refused),
        ):
            counter = CounterMetricFamily(f"lictor_events_{name}", about, labels=LABELS)
            counter.add_metric(me, value)
            yield counter
        waiting = GaugeMetricFamily("lictor_events_waiting", "Events that are not committed yet.", labels=LABELS)
        waiting.add_metric(me, self._recorder.waiting)
        yield waiting
        deleted = CounterMetricFamily("lictor_retention_deleted", "Rows deleted because they were old.", labels=LABELS)
        deleted.add_metric(me, self._retention.deleted)
        yield deleted
        lag = GaugeMetricFamily("lictor_retention_lag_seconds", "How late old runs are deleted.", labels=LABELS)
        lag.add_metric(me, self._retention.lag)
        yield lag
        yield _histogram("lictor_event_batch_size", "Events in one transaction.", measurements.sizes, me)
        yield _histogram("lictor_event_commit_seconds", "Time to write and commit them.", measurements.seconds, me)
        pool = GaugeMetricFamily("lictor_connections_in_use", "Database connections at work.", labels=("for", *LABELS))
        for purpose, number in self._db.connections_in_use().items():
            pool.add_metric([purpose, *me], number)
        yield pool
        lag = GaugeMetricFamily(
            "lictor_event_loop_lag_seconds", "The longest that the event loop stood still of late.", labels=LABELS
        )
        lag.add_metric(me, self._loop_lag.worst_seconds)
        yield lag


def _histogram(name: str, about: str, found: Distribution, labels: list[str]) -> Metric:
    below, buckets = 0, []
    for bound, count in zip((*(str(float(bound)) for bound in found.bounds), "+Inf"), found.counts, strict=True):
        below += count
        buckets.append((bound, below))
    family = HistogramMetricFamily(name, about, labels=LABELS)
    family.add_metric(labels, buckets, found.total)
    return family


def metrics_router(measurements: RequestMetrics) -> StrictRouter:
    """The route that Prometheus asks."""
    router = StrictRouter(tags=["Root"], route_class=UnversionedRoute)

    @router.get("/metrics")
    @through_fastapi
    async def metrics(request: Request) -> Response:
        """What this process has done so far, as Prometheus reads it."""
        recording = CollectorRegistry()
        state = request.state
        recording.register(_Recording(state.recorder, state.db, state.retention, measurements.loop_lag))
        text = generate_latest(measurements.registry) + generate_latest(recording)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router
