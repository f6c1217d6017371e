"""Every setting once: its type, its default, the environment variables that it answers to, and what it does.

Where Prefect has a setting, its variables are Prefect's; `LICTOR_*` is what Prefect has not. `docs/settings.md` is
made from this module.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from lictor.errors import LictorError
from lictor.settings.automations import AutomationSettings
from lictor.settings.bounds import ServerBounds
from lictor.settings.events import EventSettings
from lictor.settings.fields import (
    CommaSeparated,
    Group,
    LogLevel,
    Networks,
    Seconds,
    URLPath,
    check_keys,
    setting,
    variables_of,
)
from lictor.settings.runs import (
    CancellationSettings,
    ConcurrencySettings,
    ForemanSettings,
    LateRunSettings,
    LivenessSettings,
    PauseExpirationSettings,
    WorkPoolSettings,
)
from lictor.settings.runs import TaskSettings as TaskSettings
from lictor.settings.services import RetentionSettings, SchedulerSettings
from lictor.settings.ui import UISettings

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
PASSWORD_VARIABLES = ("PREFECT_SERVER_DATABASE_PASSWORD", "PREFECT_API_DATABASE_PASSWORD")


class SettingsError(LictorError):
    """A setting has a value it cannot have: a line for each such setting."""


class DatabaseSettings(Group):
    """Where the data lives, and how to reach it."""

    connection_url: SecretStr | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL",
        "PREFECT_API_DATABASE_CONNECTION_URL",
        about="The database, as `sqlite:////path/to/file.db` or `postgresql://user:password@host:5432/name`. When it is "
        "not set, it is put together from the driver, host, port, user, password and name below, or else it is the "
        "file `lictor.db` in `LICTOR_HOME`. `${PREFECT_SERVER_DATABASE_PASSWORD}` in it stands for that variable's "
        "value.",
    )
    driver: Literal["postgresql+asyncpg", "sqlite+aiosqlite"] | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_DRIVER",
        "PREFECT_API_DATABASE_DRIVER",
        about="The kind of database, when no connection URL is given.",
    )
    host: str | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_HOST",
        "PREFECT_API_DATABASE_HOST",
        about="The database server's host, when no connection URL is given.",
    )
    port: int | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_PORT",
        "PREFECT_API_DATABASE_PORT",
        about="The database server's port, when no connection URL is given: 5432 unless set.",
        ge=1,
        le=65535,
    )
    user: str | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_USER",
        "PREFECT_API_DATABASE_USER",
        about="Who connects to the database server, when no connection URL is given.",
    )
    password: SecretStr | None = setting(
        None,
        *PASSWORD_VARIABLES,
        about="The password for the database server, when no connection URL is given or the URL refers to it.",
    )
    name: str | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_NAME",
        "PREFECT_API_DATABASE_NAME",
        about="The database's name on its server, or the path of the SQLite file, when no connection URL is given.",
    )
    echo: bool = setting(
        False, "PREFECT_SERVER_DATABASE_ECHO", "PREFECT_API_DATABASE_ECHO", about="Write each SQL statement to the log."
    )
    migrate_on_start: bool = setting(
        True,
        "PREFECT_SERVER_DATABASE_MIGRATE_ON_START",
        "PREFECT_API_DATABASE_MIGRATE_ON_START",
        about="Bring the database's tables up to date when the server starts. Without it, a server refuses to start "
        "on a database that needs `lictor database upgrade` first.",
    )
    timeout: float | None = setting(
        10.0,
        "PREFECT_SERVER_DATABASE_TIMEOUT",
        "PREFECT_API_DATABASE_TIMEOUT",
        about="How many seconds a statement may take; what takes longer is ended, and answered with 503. On SQLite that "
        "holds for reads, and a write waits so long for another process's.",
        gt=0,
    )
    slow_statement_seconds: float | None = setting(
        1.0,
        "LICTOR_SLOW_STATEMENT_SECONDS",
        about="Write statements that read for longer than so many seconds to the log, with the strategy of the page or "
        "count they make; empty for none.",
        gt=0,
    )
    walk_seconds: float | None = setting(
        0.1,
        "LICTOR_WALK_SECONDS",
        about="After how many seconds of a walk through rows in order, in which a page did not become full, all rows that "
        "match are searched besides; whichever is first answers. Empty for never.",
        gt=0,
    )
    connection_timeout: float | None = setting(
        5.0,
        "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT",
        "PREFECT_API_DATABASE_CONNECTION_TIMEOUT",
        about="How many seconds connecting to the database server may take.",
        gt=0,
    )
    migration_timeout: float | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_MIGRATION_TIMEOUT",
        about="How many seconds a statement of a migration may take; unbounded unless set.",
        gt=0,
    )
    pool_size: int = setting(
        5,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_POOL_SIZE",
        "PREFECT_SQLALCHEMY_POOL_SIZE",
        about="How many connections to PostgreSQL each pool of a process keeps open.",
        ge=1,
    )
    max_overflow: int = setting(
        10,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_MAX_OVERFLOW",
        "PREFECT_SQLALCHEMY_MAX_OVERFLOW",
        about="How many more connections to PostgreSQL a pool may open under load; -1 for no bound.",
        ge=-1,
    )
    pool_recycle: int = setting(
        3600,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_POOL_RECYCLE",
        about="After how many seconds a connection to PostgreSQL is replaced by a new one; -1 for never.",
        ge=-1,
    )
    pool_timeout: float | None = setting(
        30.0,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_POOL_TIMEOUT",
        about="How many seconds a request may wait for a connection to PostgreSQL.",
        gt=0,
    )
    slow_reads: int = setting(
        2,
        "LICTOR_SLOW_READS",
        "LICTOR_HEAVY_LANES",
        about="How many counts, histories and parts of exports a process reads at once, and on SQLite pages that turn out "
        "long. Other pages have the other connections to themselves.",
        ge=1,
    )
    slow_read_timeout: float = setting(
        10.0,
        "LICTOR_SLOW_READ_TIMEOUT",
        "LICTOR_HEAVY_WAIT",
        about="How many seconds a count, a history or an export waits for its turn before it is answered with 503.",
        gt=0,
    )
    application_name: str | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_APPLICATION_NAME",
        about="What PostgreSQL shows as the name of our connections.",
    )
    search_path: str | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_SEARCH_PATH",
        about="The PostgreSQL schemas to work in, for instance `lictor, public`.",
    )
    statement_cache_size: int | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_STATEMENT_CACHE_SIZE",
        about="How many prepared statements a connection to PostgreSQL keeps; 0 behind a pooler that shares "
        "connections between transactions.",
        ge=0,
    )
    prepared_statement_cache_size: int | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_PREPARED_STATEMENT_CACHE_SIZE",
        about="The same for the cache of SQLAlchemy, which lies above the driver's.",
        ge=0,
    )
    tls_enabled: bool = setting(
        False,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_ENABLED",
        about="Reach PostgreSQL over TLS, with the files below.",
    )
    tls_ca_file: Path | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_CA_FILE",
        about="The certificates to trust, as PEM; the system's unless set.",
    )
    tls_cert_file: Path | None = setting(
        None, "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_CERT_FILE", about="Our own certificate, as PEM."
    )
    tls_key_file: Path | None = setting(
        None,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_KEY_FILE",
        about="The key of our own certificate, as PEM.",
    )
    tls_check_hostname: bool = setting(
        True,
        "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_CHECK_HOSTNAME",
        about="Refuse a PostgreSQL server whose certificate is for another host.",
    )

    @field_validator("connection_url")
    @classmethod
    def _with_async_driver(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        scheme, separator, rest = url.get_secret_value().partition("://")
        if not separator or scheme not in DRIVERS:
            raise ValueError("must start with sqlite:// or postgresql://")
        if DRIVERS[scheme].startswith("sqlite") and (":memory:" in rest or not rest.strip("/")):
            raise ValueError("must name a file: a database in memory has room for one connection only")
        return SecretStr(f"{DRIVERS[scheme]}://{rest}")

    @model_validator(mode="after")
    def _knows_its_password(self) -> "DatabaseSettings":
        url = self.connection_url.get_secret_value() if self.connection_url else ""
        for variable in PASSWORD_VARIABLES:
            if f"${{{variable}}}" in url and self.password is None:
                raise ValueError(f"the connection URL refers to {variable}, which is not set")
        return self

    @property
    def url(self) -> str:
        """The database's URL with an async driver, password included."""
        assert self.connection_url is not None, "Settings completes the URL"
        url = self.connection_url.get_secret_value()
        for variable in PASSWORD_VARIABLES if self.password else ():
            url = url.replace(f"${{{variable}}}", self._quoted_password)
        return url

    @property
    def _quoted_password(self) -> str:
        return quote(self.password.get_secret_value(), safe="") if self.password else ""

    def completed(self, home: Path) -> "DatabaseSettings":
        """These settings with a URL, put together from what else is known where none is given."""
        if self.connection_url is not None:
            return self
        if self.driver == "postgresql+asyncpg":
            url = self._postgresql_url()
        else:
            url = f"sqlite+aiosqlite:///{Path(self.name).expanduser() if self.name else home / 'lictor.db'}"
        return self.model_copy(update={"connection_url": SecretStr(url)})

    def _postgresql_url(self) -> str:
        missing = [part for part in ("host", "user", "name") if not getattr(self, part)]
        if missing:
            needed = ", ".join(f"PREFECT_SERVER_DATABASE_{part.upper()}" for part in missing)
            raise ValueError(f"PREFECT_SERVER_DATABASE_DRIVER asks for PostgreSQL, which also needs {needed}")
        login = quote(self.user or "", safe="") + (f":{self._quoted_password}" if self.password else "")
        return f"postgresql+asyncpg://{login}@{self.host}:{self.port or 5432}/{self.name}"


class ServerSettings(ServerBounds):
    """The HTTP server."""

    host: str = setting("127.0.0.1", "PREFECT_SERVER_API_HOST", about="The address to listen on.")
    port: int = setting(4200, "PREFECT_SERVER_API_PORT", about="The port to listen on.", ge=0, le=65535)
    base_path: URLPath = setting(
        "/api", "PREFECT_SERVER_API_BASE_PATH", about="The path below which the API stands; `/` for none."
    )
    workers: int = setting(1, "LICTOR_WORKERS", about="How many processes share the port.", ge=1)
    logging_level: LogLevel = setting(
        "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL",
        "PREFECT_LOGGING_SERVER_LEVEL",
        about="What is worth a line in the log: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.",
    )
    default_limit: int = setting(
        200,
        "PREFECT_SERVER_API_DEFAULT_LIMIT",
        "PREFECT_API_DEFAULT_LIMIT",
        about="How many objects a list request returns when it does not say, and the most it may ask for.",
        ge=1,
    )
    auth_string: SecretStr | None = setting(
        None,
        "PREFECT_SERVER_API_AUTH_STRING",
        about="Require this `user:password` of each request, by HTTP basic authentication.",
    )
    allow_no_password: bool = setting(
        False,
        "LICTOR_ALLOW_NO_PASSWORD",
        about="Listen beyond this machine although `PREFECT_SERVER_API_AUTH_STRING` is set to nothing.",
    )
    allowed_hosts: CommaSeparated = setting(
        (),
        "LICTOR_ALLOWED_HOSTS",
        about="By which names, besides this machine's own, a server without a password answers on a loopback address, "
        "such as those of a proxy, separated by commas; `*` for any.",
    )
    trusted_proxies: Networks = setting(
        ("127.0.0.1", "::1"),
        "LICTOR_TRUSTED_PROXIES",
        "FORWARDED_ALLOW_IPS",
        about="Addresses and networks of proxies, separated by commas, whose `X-Forwarded-For`, `-Proto`, `-Host` and "
        "`-Prefix` are believed; `*` for everybody's.",
    )
    explain_enabled: bool = setting(
        False,
        "LICTOR_EXPLAIN_ENABLED",
        about="Answer `/filter/explain`, which shows SQL and the database's plans to whoever may read.",
    )
    keepalive_timeout: int = setting(
        5,
        "PREFECT_SERVER_API_KEEPALIVE_TIMEOUT",
        about="How many seconds an idle connection stays open. Behind a load balancer: more than the balancer's own.",
        ge=0,
    )
    shutdown_timeout: int = setting(
        30,
        "LICTOR_SHUTDOWN_TIMEOUT",
        about="How many seconds a server that was asked to stop waits for the requests it is answering.",
        ge=0,
    )
    max_parameter_size: int = setting(
        512 * 1024,
        "PREFECT_SERVER_API_MAX_PARAMETER_SIZE",
        about="The largest parameters of a flow run or a deployment, in bytes of JSON; 0 for no bound.",
        ge=0,
    )
    deployment_schedule_max_scheduled_runs: int = setting(
        50,
        "PREFECT_SERVER_DEPLOYMENT_SCHEDULE_MAX_SCHEDULED_RUNS",
        "PREFECT_DEPLOYMENT_SCHEDULE_MAX_SCHEDULED_RUNS",
        about="How many runs a schedule may ask to have waiting.",
        ge=1,
    )
    flow_run_graph_max_nodes: int = setting(
        10_000,
        "PREFECT_SERVER_FLOW_RUN_GRAPH_MAX_NODES",
        "PREFECT_API_MAX_FLOW_RUN_GRAPH_NODES",
        about="How many runs the graph of a flow run may show.",
        ge=0,
    )
    flow_run_graph_max_artifacts: int = setting(
        10_000,
        "PREFECT_SERVER_FLOW_RUN_GRAPH_MAX_ARTIFACTS",
        "PREFECT_API_MAX_FLOW_RUN_GRAPH_ARTIFACTS",
        about="How many artifacts the graph of a flow run shows at most.",
        ge=0,
    )
    register_blocks_on_start: bool = setting(
        True, "PREFECT_SERVER_REGISTER_BLOCKS_ON_START", about="Add Prefect's own block types at the start, if lacking."
    )
    encryption_key: SecretStr | None = setting(
        None, "PREFECT_SERVER_ENCRYPTION_KEY", about="Fernet keys of blocks: the first encrypts, all decrypt."
    )
    csrf_protection_enabled: bool = setting(
        False,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED",
        about="Require a token from `/api/csrf-token` of each request that changes something.",
    )
    csrf_token_expiration: Seconds = setting(
        timedelta(hours=1),
        "PREFECT_SERVER_API_CSRF_TOKEN_EXPIRATION",
        "PREFECT_SERVER_CSRF_TOKEN_EXPIRATION",
        about="How long such a token is good for: seconds, or an ISO 8601 duration such as `PT1H`.",
        gt=timedelta(0),
    )
    metrics_enabled: bool = setting(
        False, "PREFECT_SERVER_METRICS_ENABLED", "PREFECT_API_ENABLE_METRICS", about="Show metrics at `/api/metrics`."
    )
    cors_allowed_origins: CommaSeparated = setting(
        ("*",),
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS",
        about="Whose pages may call the API from a browser: origins, separated by commas. Where it is not set and there "
        "is no password: the server's own, and those of this machine.",
    )
    cors_allowed_methods: CommaSeparated = setting(
        ("*",),
        "PREFECT_SERVER_API_CORS_ALLOWED_METHODS",
        "PREFECT_SERVER_CORS_ALLOWED_METHODS",
        about="The methods that such pages may use, separated by commas.",
    )
    cors_allowed_headers: CommaSeparated = setting(
        ("*",),
        "PREFECT_SERVER_API_CORS_ALLOWED_HEADERS",
        "PREFECT_SERVER_CORS_ALLOWED_HEADERS",
        about="The headers that such pages may send, separated by commas.",
    )

    @field_validator("auth_string")
    @classmethod
    def _has_both_parts(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not secret.get_secret_value().partition(":")[2]:
            raise ValueError("must be a user and a password with a colon between them")
        return secret

    _check_keys = field_validator("encryption_key")(check_keys)


class ServiceSettings(Group):
    """What the server does from time to time."""

    lease_expiry_enabled: bool = setting(
        True,
        "PREFECT_SERVER_SERVICES_REPOSSESSOR_ENABLED",
        about="Take slots of concurrency limits back from holders that have not been heard of for too long.",
    )
    lease_expiry_seconds: float = setting(
        15.0,
        "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS",
        about="How many seconds lie between two looks for such holders.",
        gt=0,
    )
    trimming_seconds: float = setting(
        3600.0,
        "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS",
        about="How many seconds lie between two looks for events that are older than they are to become.",
        gt=0,
    )
    in_server: bool = setting(
        True,
        "LICTOR_SERVICES_IN_SERVER",
        about="Run the services, triggers and actions in the processes of the server; else `lictor services start` has to "
        "run them. `lictor server start --no-services` sets it.",
    )
    scheduler: SchedulerSettings = SchedulerSettings()
    retention: RetentionSettings = RetentionSettings()


class DeploymentSettings(Group):
    """The rules that runs of deployments follow."""

    concurrency_slot_wait_seconds: float = setting(
        30.0,
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS",
        "PREFECT_DEPLOYMENT_CONCURRENCY_SLOT_WAIT_SECONDS",
        about="After how many seconds a flow run is tried again when its deployment's concurrency limit is used up.",
        ge=0,
    )
    initial_lease_seconds: float = setting(
        300.0,
        "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION",
        about="How many seconds a flow run holds its slot of a deployment's limit before it must say that it is alive,"
        " unless the deployment says otherwise.",
        ge=30,
        le=3600,
    )


class Variables(PydanticBaseSettingsSource):
    """Takes each setting from the first of its variables that is set."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str | None]) -> None:
        super().__init__(settings_cls)
        self.variables = variables  # by lower-case name

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path, field in all_settings():
            for variable in variables_of(field):
                if value := self.variables.get(variable.lower()):  # set to nothing is not set
                    *groups, name = path
                    target = found
                    for group in groups:
                        target = target.setdefault(group, {})
                    target.setdefault(name, value)
        return found

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Part of the interface, for sources that know no groups."""
        del field
        return None, field_name, False


class Settings(BaseSettings):
    """All settings: what is not given comes from the environment, then from `.env`, then from the defaults."""

    model_config = SettingsConfigDict(env_file=".env", extra="forbid", hide_input_in_errors=True)

    home: Path = setting(
        Path("~/.lictor"),
        "LICTOR_HOME",
        about="Lictor's own folder, which holds the embedded database.",
        validate_default=True,
    )
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    ui: UISettings = UISettings()
    tasks: TaskSettings = TaskSettings()
    automations: AutomationSettings = AutomationSettings()
    deployments: DeploymentSettings = DeploymentSettings()
    events: EventSettings = EventSettings()
    concurrency: ConcurrencySettings = ConcurrencySettings()
    services: ServiceSettings = ServiceSettings()
    work_pools: WorkPoolSettings = WorkPoolSettings()
    foreman: ForemanSettings = ForemanSettings()
    late_runs: LateRunSettings = LateRunSettings()
    pause_expirations: PauseExpirationSettings = PauseExpirationSettings()
    cancellation: CancellationSettings = CancellationSettings()
    liveness: LivenessSettings = LivenessSettings()

    @field_validator("home")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        self.database = self.database.completed(self.home)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del file_secret_settings
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(dotenv_settings, EnvSettingsSource)
        return (
            init_settings,
            Variables(settings_cls, env_settings.env_vars),
            Variables(settings_cls, dotenv_settings.env_vars),
        )


def all_settings(model: type[BaseModel] = Settings) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Each setting with its path, as `("server", "port")`."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Group):
            for path, inner in all_settings(field.annotation):
                yield (name, *path), inner
        else:
            yield (name,), field


def read_settings() -> Settings:
    """The settings of this process. Raises SettingsError, which names the variables that are wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_explained(error))) from None


def _explained(error: ValidationError) -> Iterator[str]:
    fields = dict(all_settings())
    for problem in error.errors(include_url=False, include_input=False):
        message = problem["msg"].removeprefix("Value error, ")
        path = tuple(str(part) for part in problem["loc"])
        field = next((fields[path[:end]] for end in range(len(path), 0, -1) if path[:end] in fields), None)
        yield f"{_culprit(field)}: {message}" if field else message


def _culprit(field: FieldInfo) -> str:
    """The variable that a wrong value came from: one that is set, else (it stood in `.env`) any that may be."""
    names = variables_of(field)
    return next((name for name in names if name in os.environ), " or ".join(names))
