"""The application: which routes there are, and what a request passes on its way to one."""

import importlib
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi, validation_error_definition, validation_error_response_definition
from starlette.middleware import Middleware
from starlette.types import ASGIApp

import lictor.admin.root
import lictor.admin.routes
import lictor.events.routes
import lictor.resources.artifacts.routes
import lictor.resources.automations.firing_routes
import lictor.resources.automations.routes
import lictor.resources.block_documents.routes
import lictor.resources.block_schemas.routes
import lictor.resources.block_types.routes
import lictor.resources.concurrency_limits.routes
import lictor.resources.csrf_tokens.routes
import lictor.resources.deployments.routes
import lictor.resources.deployments.run_routes
import lictor.resources.deployments.schedule_routes
import lictor.resources.flow_run_inputs.routes
import lictor.resources.flow_run_notification_policies.routes
import lictor.resources.flow_runs.routes
import lictor.resources.flow_runs.ui_routes
import lictor.resources.flow_runs.waiting_routes
import lictor.resources.flows.routes
import lictor.resources.flows.ui_routes
import lictor.resources.logs.routes
import lictor.resources.saved_searches.routes
import lictor.resources.states.routes
import lictor.resources.task_runs.routes
import lictor.resources.task_workers.routes
import lictor.resources.ui_schemas.routes
import lictor.resources.variables.routes
import lictor.resources.webhooks.routes
import lictor.resources.work_pools.collection_routes
import lictor.resources.work_pools.queue_routes
import lictor.resources.work_pools.routes
import lictor.resources.work_pools.worker_routes
import lictor.services.routes
import lictor.ui.routes
from lictor import __version__, sandbox
from lictor.db.byte_budget import ByteBudget
from lictor.db.change_stream import ChangeStream
from lictor.db.engine import open_database
from lictor.events.recorder import Recorder, recording
from lictor.events.rows import STORED_EVENTS, StoredEvent
from lictor.events.triggers.grace import set_grace
from lictor.http import dependencies
from lictor.http.answers import AnswerMiddleware
from lictor.http.api_version import HEADER
from lictor.http.auth import BasicAuthMiddleware
from lictor.http.docs import DOCS_ROUTES
from lictor.http.errors import ErrorMiddleware
from lictor.http.forwarded import ForwardedMiddleware, TrustedProxies
from lictor.http.middleware import Cors, GZip
from lictor.http.origins import LOOPBACK_ORIGIN, OriginMiddleware, OriginPolicy, allowed_origins
from lictor.http.paging import NEXT_CURSOR
from lictor.http.routing import DeclaredRoute, FastRouter, RouteTable, StrictRoute, StrictRouter
from lictor.observability.measurements import RetentionMeasurements
from lictor.observability.tokens import HOOKS
from lictor.resources.csrf_tokens.middleware import CsrfMiddleware
from lictor.resources.logs.rows import STORED_LOGS, StoredLog
from lictor.resources.task_workers.dispatcher import Dispatcher, dispatching
from lictor.resources.work_pools.channel import Channels, telling_workers
from lictor.services.at_work import services_at_work
from lictor.settings import ServerSettings, Settings
from lictor.ui.page_routes import page_routes
from lictor.ui.routes import LOGIN

ROUTERS: tuple[StrictRouter, ...] = (
    lictor.resources.flows.routes.router,
    lictor.resources.flows.ui_routes.router,
    lictor.resources.flow_runs.routes.router,
    lictor.resources.flow_run_inputs.routes.router,
    lictor.resources.flow_runs.ui_routes.router,
    lictor.resources.flow_runs.waiting_routes.router,
    lictor.resources.task_runs.routes.router,
    lictor.resources.task_runs.routes.ui_router,
    lictor.resources.deployments.routes.router,
    lictor.resources.deployments.run_routes.router,
    lictor.resources.deployments.schedule_routes.router,
    lictor.resources.work_pools.routes.router,
    lictor.resources.work_pools.worker_routes.router,
    lictor.resources.work_pools.queue_routes.router,
    lictor.resources.work_pools.collection_routes.router,
    lictor.resources.concurrency_limits.routes.router,
    lictor.resources.concurrency_limits.routes.tag_router,
    lictor.resources.states.routes.flow_run_router,
    lictor.resources.states.routes.task_run_router,
    lictor.resources.states.routes.observed_router,
    lictor.resources.logs.routes.intake,
    lictor.resources.logs.routes.router,
    lictor.resources.logs.routes.flow_run_router,
    lictor.events.routes.router,
    lictor.resources.variables.routes.router,
    lictor.resources.artifacts.routes.router,
    lictor.resources.saved_searches.routes.router,
    lictor.resources.task_workers.routes.router,
    lictor.resources.block_types.routes.router,
    lictor.resources.block_schemas.routes.router,
    lictor.resources.block_schemas.routes.capabilities_router,
    lictor.resources.block_documents.routes.router,
    lictor.resources.ui_schemas.routes.router,
    lictor.resources.automations.routes.router,
    lictor.resources.automations.firing_routes.router,
    lictor.resources.automations.routes.templates_router,
    lictor.resources.flow_run_notification_policies.routes.router,
    lictor.resources.webhooks.routes.router,
    lictor.resources.webhooks.routes.hooks_router,
    lictor.resources.csrf_tokens.routes.router,
    lictor.ui.routes.router,
    lictor.admin.routes.router,
    lictor.services.routes.router,
    lictor.admin.root.probes,
    lictor.admin.root.router,
)
"""All routes of the API. Whoever makes a resource adds its router here."""

OPEN_TO_ALL = frozenset({"/health", "/ready"})
"""What probes may ask without a password."""

DESCRIPTION = """The API of Prefect 3, answered from one database.

Lists are asked for with `POST`: the body says what to look for, in which order, and which part of it to return.
"""


class State(dependencies.State):
    """What a running server holds, from the start of its lifespan to its end."""

    recorder: Recorder
    retention: RetentionMeasurements
    dispatcher: Dispatcher
    channels: Channels
    events: ChangeStream[StoredEvent]
    logs: ChangeStream[StoredLog]


def create_app(settings: Settings, routers: Iterable[StrictRouter] = ROUTERS) -> FastAPI:
    """Build a server. Nothing is opened until its lifespan begins."""
    budget = ByteBudget(settings.server.max_response_bytes, settings.server.max_response_bytes_in_flight)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        retention = RetentionMeasurements()
        async with (
            open_database(settings.database, budget) as db,
            recording(db, settings.server.shutdown_timeout) as recorder,
            dispatching(db) as dispatcher,
            sandbox.open_pool(sandbox_limits(settings.server)),
            telling_workers(db, settings) as channels,
            AsyncExitStack() as stack,
        ):
            if settings.services.in_server:
                await stack.enter_async_context(services_at_work(db, settings, retention))
            else:
                set_grace(db, settings.automations.grace)
            yield State(
                db=db,
                settings=settings,
                budget=budget,
                recorder=recorder,
                retention=retention,
                dispatcher=dispatcher,
                channels=channels,
                events=ChangeStream(db, STORED_EVENTS),
                logs=ChangeStream(db, STORED_LOGS),
            )

    passed = middleware(settings.server, budget)
    if settings.server.metrics_enabled:
        metrics = importlib.import_module("lictor.admin.metrics")  # on demand, as few want them
        measurements = metrics.RequestMetrics()
        passed.insert(0, Middleware(metrics.MetricsMiddleware, measurements=measurements))
        routers = (*routers, metrics.metrics_router(measurements))
    app = LictorApp(
        routers,
        settings.server.base_path,
        title="Lictor",
        version=__version__,
        description=DESCRIPTION,
        servers=[{"url": settings.server.base_path or "/"}],
        lifespan=lifespan,
        middleware=passed,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # whether to tell would be asked each time
    )
    if settings.ui.enabled:
        app.router.routes.extend(page_routes(settings))  # after all others
    return app


def sandbox_limits(settings: ServerSettings) -> sandbox.Limits:
    """What the check of a client's schema or template may use."""
    return sandbox.Limits(
        seconds=settings.sandbox_seconds,
        memory_bytes=settings.sandbox_memory_bytes,
        processes=settings.sandbox_processes,
    )


def middleware(settings: ServerSettings, budget: ByteBudget) -> list[Middleware]:
    """What every request passes, the outermost first."""
    origins = allowed_origins(settings)
    passed = [
        Middleware(ForwardedMiddleware, proxies=TrustedProxies(settings.trusted_proxies)),
        Middleware(
            Cors,
            allow_origins=settings.cors_allowed_origins if origins is None else sorted(origins),
            allow_origin_regex=None if origins is None else LOOPBACK_ORIGIN,
            allow_methods=settings.cors_allowed_methods,
            allow_headers=settings.cors_allowed_headers,
            expose_headers=[NEXT_CURSOR],
        ),
        Middleware(GZip),
        Middleware(ErrorMiddleware),
        Middleware(AnswerMiddleware, budget=budget),
    ]
    if (policy := OriginPolicy.of(settings)) is not None:
        passed.append(Middleware(OriginMiddleware, policy=policy))
    if settings.auth_string is not None:
        credentials = settings.auth_string.get_secret_value()
        prefix = settings.base_path
        passed.append(
            Middleware(
                BasicAuthMiddleware, credentials=credentials, prefix=prefix, open_paths=OPEN_TO_ALL, login_path=LOGIN
            )
        )
    if settings.csrf_protection_enabled:
        passed.append(
            Middleware(CsrfMiddleware, open_path=settings.base_path + LOGIN, hooks=f"{settings.base_path}{HOOKS}/")
        )
    return passed


class LictorApp(FastAPI):
    """All routes under one prefix, and one document that describes them; `/docs` shows it, with and without prefix."""

    def __init__(self, routers: Iterable[StrictRouter], prefix: str, **options: Any) -> None:
        super().__init__(docs_url=None, redoc_url=None, **options)
        self.router.routes.extend(DOCS_ROUTES)
        routes = [route for router in routers for route in router.routes]
        self._declared = [route for route in routes if isinstance(route, DeclaredRoute)]
        self._table = RouteTable(prefix, [*routes, *self.routes])
        self.router.routes.append(self._table)

    @property
    def api_routes(self) -> list[StrictRoute]:
        """All routes of the API, each of them made."""
        return [declared.route for declared in self._declared]

    def build_middleware_stack(self) -> ASGIApp:
        """What every request passes, and then either goes to its route at once or FastAPI's way."""
        layers, self.user_middleware = self.user_middleware, []
        app: ASGIApp = FastRouter(self._table, super().build_middleware_stack())
        self.user_middleware = layers
        for layer, arguments, options in reversed(layers):
            app = layer(app, *arguments, **options)
        return app

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=self.api_routes,
                servers=self.servers,
            )
            _describe_version_header(document, self.api_routes)
            self.openapi_schema = document
        return self.openapi_schema


def _describe_version_header(document: dict[str, Any], routes: list[StrictRoute]) -> None:
    """Tell of what all routes take and answer without declaring it, because FastAPI would spend time on it."""
    header = {
        "name": HEADER,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "title": HEADER.title()},
        "description": "The version of the API that the client was made for.",
    }
    schema = {"$ref": "#/components/schemas/HTTPValidationError"}
    invalid = {"description": "Validation Error", "content": {"application/json": {"schema": schema}}}
    for route in routes:
        if route.checks_version:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                operation.setdefault("parameters", []).append(header)
                operation["responses"].setdefault("422", invalid)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.setdefault("ValidationError", validation_error_definition)
    schemas.setdefault("HTTPValidationError", validation_error_response_definition)
