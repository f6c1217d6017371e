"""How block documents are kept: encrypted by keys that are given to the server, or by one that it makes on first use.

That one is kept in the database, where all replicas find it. The first key that is given encrypts; all of them, and the
one in the database, decrypt: so a key can be exchanged by putting the new one in front of it.
"""

import importlib
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from lictor.db.engine import Connection, Transaction
from lictor.db.functions import insert_unless
from lictor.db.types import dump_json, load_json
from lictor.resources.block_documents.table import encryption_key

OF_BLOCKS = "blocks"
"""What the key is called that the server makes."""


def _fernet() -> ModuleType:
    """Loaded on demand: it takes five megabytes, and a start encrypts nothing."""
    return importlib.import_module("cryptography.fernet")


class Unreadable(Exception):
    """No key at hand decrypts this."""


class Vault:
    """Encrypts and decrypts the data of block documents."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._fernets = [_fernet().Fernet(key) for key in keys]

    def seal(self, data: dict[str, Any]) -> str:
        """The data as text that nobody reads without a key."""
        sealed: str = self._fernets[0].encrypt(dump_json(data).encode()).decode()
        return sealed

    def open(self, sealed: str) -> dict[str, Any]:
        """The data again. Raises Unreadable."""
        data: dict[str, Any] = load_json(self.open_text(sealed))
        return data

    def open_text(self, sealed: str) -> str:
        """The same, as JSON."""
        if not self._fernets:
            raise Unreadable
        try:
            text: str = _fernet().MultiFernet(self._fernets).decrypt(sealed).decode()
        except _fernet().InvalidToken:
            raise Unreadable from None
        return text


async def vault_to_read(connection: Connection, keys: tuple[str, ...]) -> Vault:
    """A vault that decrypts whatever there is."""
    stored = await connection.scalar(_stored_key())
    return Vault(keys if stored is None else (*keys, stored))


async def vault_to_write(tx: Transaction, keys: tuple[str, ...]) -> Vault:
    """A vault that encrypts, too: with a new key, where there is none yet."""
    if not keys:
        new = {"name": OF_BLOCKS, "key": _fernet().Fernet.generate_key().decode()}
        await tx.execute(insert_unless(encryption_key, new, "name"))
    return await vault_to_read(tx, keys)


def _stored_key() -> sa.Select[Any]:
    return sa.select(encryption_key.c.key).where(encryption_key.c.name == OF_BLOCKS)
