"""What has to be true of both ends before anything is written."""

from collections.abc import Container, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from lictor.db.driver_errors import DRIVER_ERRORS
from lictor.db.engine import open_database
from lictor.db.migrations import PREFECTS_TABLES, VERSION_TABLE, look, naming_what_is_wrong, prepare, shown
from lictor.resources.block_schemas import placeholders
from lictor.settings import DatabaseSettings
from lictor.transfer.automations import STATE_COLUMNS
from lictor.transfer.endpoints import Source, Target, TransferError
from lictor.transfer.plans import PLANS
from lictor.transfer.postgresql import PostgresSource, PostgresTarget
from lictor.transfer.report import Report
from lictor.transfer.revisions import KNOWN, LATER_COLUMNS, NEWEST_PREFECT, OLDEST_PREFECT
from lictor.transfer.run import Watcher, copy_all
from lictor.transfer.secrets import sealed_anew
from lictor.transfer.sqlite import SqliteSource, SqliteTarget


async def import_history(
    source: str,
    target: DatabaseSettings,
    watcher: Watcher,
    keys: tuple[str, ...] = (),
    *,
    assume_version: bool = False,
) -> Report:
    """Brings over what the source holds: the URL of a Prefect database, or the path of its file.

    With these keys, or those that the databases keep, its secrets are decrypted, and encrypted for the target.

    With `assume_version` a source of an unknown version is read as one of the newest that is known, if its tables allow.

    Raises a Failure, with nothing written, for ends that do not fit.
    """
    origin = database_at(source)
    if (file := _file(origin)) is not None and not file.is_file():
        raise TransferError(f"There is no file {file}.")
    if _are_the_same(origin, target):
        raise TransferError(f"{shown(origin)} is the source and the target: an import needs two databases.")
    found = await look(origin)
    if VERSION_TABLE in found.tables:
        raise TransferError(f"{shown(origin)} is a database of Lictor: the source of an import is one of Prefect.")
    if not found.tables >= PREFECTS_TABLES:
        raise TransferError(f"{shown(origin)} is no database of Prefect 3: tables that each of them has are missing.")
    (await look(target)).refuse_unless_ours(target)
    with _telling_what_cut_it_short():
        async with AsyncExitStack() as stack:
            with naming_what_is_wrong(origin):
                opened = await stack.enter_async_context(_source(origin))
                await _refuse_unless_known(opened, origin, assume_version=assume_version)
            await prepare(target)
            async with open_database(target) as db:
                had_blocks = await db.try_write(placeholders.make_room)
            with naming_what_is_wrong(target):
                ready = await stack.enter_async_context(_target(target))
            sealed = await sealed_anew(opened, target, keys)
            db = await stack.enter_async_context(open_database(target))
            report = await copy_all(opened, ready, db, watcher, sealed)
        async with open_database(target) as db:
            await db.try_write(partial(placeholders.fill_up, is_complete=had_blocks))
        return report


@contextmanager
def _telling_what_cut_it_short() -> Iterator[None]:
    try:
        yield
    except DRIVER_ERRORS as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        raise TransferError(
            f"The import was cut short: {cause}. What came over so far stays; run it again to go on."
        ) from error


def database_at(place: str, like: DatabaseSettings | None = None) -> DatabaseSettings:
    """The database that a user means by a URL or a path, to be reached as another one is."""
    url = place if "://" in place else f"sqlite:///{Path(place).expanduser().absolute()}"
    try:
        settings = DatabaseSettings(connection_url=SecretStr(url))
        changes = _understood(make_url(settings.url))
    except ValidationError as error:
        raise TransferError(f"{place}: the URL {error.errors()[0]['msg'].removeprefix('Value error, ')}.") from None
    except (ArgumentError, ValueError):
        raise TransferError(f"{place}: this URL cannot be understood.") from None
    return (like or settings).model_copy(update=changes)


def _understood(url: URL) -> dict[str, Any]:
    """The settings in a URL. Of its options those count that PostgreSQL's own tools know for TLS and for the schema."""
    options = dict(url.query)
    changes: dict[str, Any] = {}
    if (path := options.pop("search_path", None)) is not None:
        changes["search_path"] = path
    if (mode := options.pop("sslmode", None)) is not None:
        options["ssl"] = mode
    if unknown := sorted(options.keys() - {"ssl"}):
        raise TransferError(f"The URL's option {unknown[0]} is not known here: ssl, sslmode and search_path are.")
    with_options = url.set(query=options).render_as_string(hide_password=False)
    return changes | {"connection_url": SecretStr(with_options)}


def _file(settings: DatabaseSettings) -> Path | None:
    url = make_url(settings.url)
    return Path(url.database or "").absolute() if url.get_backend_name() == "sqlite" else None


def _are_the_same(one: DatabaseSettings, other: DatabaseSettings) -> bool:
    file, other_file = _file(one), _file(other)
    if file is not None and other_file is not None:
        return other_file.exists() and file.samefile(other_file)
    url, other_url = make_url(one.url), make_url(other.url)
    place, other_place = ((it.get_backend_name(), it.host, it.port or 5432, it.database) for it in (url, other_url))
    return place == other_place and one.search_path == other.search_path


def _source(settings: DatabaseSettings) -> AbstractAsyncContextManager[Source]:
    file = _file(settings)
    return SqliteSource.open(file) if file is not None else PostgresSource.open(settings)


def _target(settings: DatabaseSettings) -> AbstractAsyncContextManager[Target]:
    file = _file(settings)
    return SqliteTarget.open(file) if file is not None else PostgresTarget.open(settings)


async def _refuse_unless_known(source: Source, settings: DatabaseSettings, *, assume_version: bool) -> None:
    revision = await source.value("SELECT version_num FROM alembic_version")
    is_known = revision in KNOWN[source.dialect]
    lacking = _lacking(await source.tables(), frozenset() if not is_known else LATER_COLUMNS)
    if is_known and lacking:
        raise TransferError(f"{shown(settings)} is damaged: {lacking}.")
    if not is_known and (lacking or not assume_version):
        advice = "get a newer Lictor" if lacking else "try `--assume-version`: its tables have all that is read"
        raise TransferError(
            f"{shown(settings)} has tables of a version that is not known here ({revision}): those of Prefect"
            f" {OLDEST_PREFECT} to {NEWEST_PREFECT} are. If its Prefect is older, upgrade it with"
            f" `prefect server database upgrade`, best on a copy; if it is newer, {advice}."
            + (f" It differs from all known ones: {lacking}." if lacking else "")
        )


def _lacking(tables: Mapping[str, frozenset[str]], optional: Container[tuple[str, str]]) -> str | None:
    """What is missing of the columns that an import reads: the first table of which some are, and which."""
    for plan in PLANS:
        missing = set(plan.names) - plan.columns.keys() - tables.get(plan.name, frozenset())
        if lost := sorted(name for name in missing if (plan.name, name) not in optional):
            return f"its table {plan.name} lacks {', '.join(lost)}"
    for name, columns in STATE_COLUMNS.items():
        if lost := sorted(set(columns) - tables.get(name, frozenset())):
            return f"its table {name} lacks {', '.join(lost)}"
    return None
