"""Prefect's name for the connection URL is ours too, so it may point at a database that Prefect uses."""

import asyncio
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from .databases import Databases
from .servers import LICTOR, PREFECT, prefect_environment


@pytest.fixture(scope="session")
def prefects_database(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database as the real Prefect makes it."""
    url = databases.create("prefects_own")
    environment = prefect_environment(tmp_path_factory.mktemp("prefect"), url)
    subprocess.run([PREFECT, "server", "database", "upgrade", "-y"], env=environment, check=True, capture_output=True)
    return url


@pytest.mark.parametrize(
    "command",
    [["server", "start", "--port", "0"], ["database", "upgrade"], ["database", "reset", "--yes"]],
    ids=" ".join,
)
def test_it_is_recognized_and_stays_as_it_is(prefects_database: str, tmp_path: Path, command: list[str]) -> None:
    before = fingerprint(prefects_database)
    environment = {"PREFECT_API_DATABASE_CONNECTION_URL": prefects_database, "LICTOR_HOME": str(tmp_path)}
    refused = subprocess.run(
        [LICTOR, *command], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
    assert "is a database of Prefect" in refused.stderr
    assert "lictor import " in refused.stderr
    assert fingerprint(prefects_database) == before


def fingerprint(url: str) -> Any:
    """Changes with whatever is written: SQLite's files to the last byte, and each row of PostgreSQL's catalogue."""
    if url.startswith("sqlite"):
        file = Path(url.partition(":///")[2])
        return {part.name: hashlib.sha256(part.read_bytes()).digest() for part in file.parent.glob(f"{file.name}*")}
    return asyncio.run(_catalogue(url.replace("+asyncpg", "")))


async def _catalogue(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        rows = "SELECT md5(string_agg(c::text || c.xmin::text, ',' ORDER BY oid)) FROM pg_class AS c"
        return str(await connection.fetchval(rows))
    finally:
        await connection.close()
