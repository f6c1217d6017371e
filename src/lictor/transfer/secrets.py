"""The secrets of block documents, on their way from Prefect's key to ours."""

import json

from pydantic_core import from_json

from lictor.db.engine import open_database
from lictor.resources.block_documents.encryption import Unreadable, Vault, vault_to_write
from lictor.settings import DatabaseSettings
from lictor.transfer.endpoints import Source
from lictor.transfer.values import Convert, InvalidValue, free_json, repaired_json

PREFECTS_KEY = "SELECT CAST(value AS TEXT) FROM configuration WHERE key = 'ENCRYPTION_KEY'"


async def sealed_anew(source: Source, target: DatabaseSettings, keys: tuple[str, ...]) -> Convert:
    """What makes data that Prefect encrypted into data that Lictor encrypted."""
    async with open_database(target) as db, db.write() as tx:
        ours = await vault_to_write(tx, keys)
    theirs = Vault([*keys, *await _kept_by(source)])

    def convert(written: str) -> str:
        sealed = json.loads(written)
        try:
            plain = theirs.open_text(sealed)
        except (Unreadable, TypeError, AttributeError):
            raise InvalidValue("is encrypted with a key that is not there (PREFECT_SERVER_ENCRYPTION_KEY)") from None
        data = from_json(_stored(plain) or "null")
        if not isinstance(data, dict):
            raise InvalidValue("is no object")
        return ours.seal(data)

    return convert


def _stored(plain: str) -> str | None:
    try:
        return free_json(plain)
    except ValueError:
        found: str | None = repaired_json(plain, free_json)
        return found


async def _kept_by(source: Source) -> list[str]:
    """The key that Prefect made, if it was given none."""
    kept = await source.value(PREFECTS_KEY)
    match json.loads(kept) if kept else None:
        case {"fernet_key": str() as key}:
            return [key]
        case _:
            return []
