from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from lictor.resources.block_documents.secrets import hide, put_back
from lictor.resources.block_documents.table import block_document, encryption_key
from lictor.settings import ServerSettings
from lictor.validation.fields import HIDDEN
from tests.databases import settings_for
from tests.resources.block_documents.shared import Blocks
from tests.serving import client_of

X = HIDDEN


@pytest.mark.parametrize(
    ("path", "data", "shown"),
    [
        ("a", {"a": "s", "b": 1}, {"a": X, "b": 1}),
        ("a", {"a": 0}, {"a": X}),
        ("a", {"a": None}, {"a": None}),
        ("a", {"a": {}}, {"a": X}),
        ("a", {"a": {"b": "s"}}, {"a": X}),
        ("a", {"b": "s"}, {"b": "s"}),
        ("a.b", {"a": {"b": "s", "c": 1}}, {"a": {"b": X, "c": 1}}),
        ("a.b", {"a": "s"}, {"a": "s"}),
        ("a.b", {"a": [{"b": "s"}, {"c": 1}, 2]}, {"a": [{"b": X}, {"c": 1}, 2]}),
        ("a.*", {"a": {"b": "s", "c": {"d": ["s"], "e": None}}}, {"a": {"b": X, "c": {"d": X, "e": X}}}),
        ("a.*", {"a": "s"}, {"a": X}),
        ("a.*", {"a": {}}, {"a": X}),
    ],
)
def test_hiding(path: str, data: dict[str, Any], shown: dict[str, Any]) -> None:
    assert hide(data, [path.split(".")]) == shown
    assert put_back(shown, data, [path.split(".")]) == data


@pytest.mark.parametrize(
    ("path", "data", "known", "kept"),
    [
        ("a", {"a": "new"}, {"a": "s"}, {"a": "new"}),
        ("a", {"a": X}, {}, {"a": X}),
        ("a", {"a": X}, {"a": None}, {"a": X}),
        ("b", {"a": X}, {"a": "s"}, {"a": X}),
        (
            "a.*",
            {"a": {"b": X, "c": "new", "d": X}},
            {"a": {"b": "s", "c": "s"}},
            {"a": {"b": "s", "c": "new", "d": X}},
        ),
        ("a.b", {"a": [{"b": X}, {"b": X}]}, {"a": [{"b": "s"}]}, {"a": [{"b": "s"}, {"b": X}]}),
    ],
)
def test_putting_back(path: str, data: dict[str, Any], known: dict[str, Any], kept: dict[str, Any]) -> None:
    assert put_back(data, known, [path.split(".")]) == kept


SECRET = {"password": "hush", "account": {"token": "t", "id": 1}, "headers": {"k": "v"}, "users": [{"key": "k"}]}
SHOWN = {"password": X, "account": {"token": X, "id": 1}, "headers": {"k": X}, "users": [{"key": X}]}


async def test_secrets_are_hidden_unless_asked_for(api, blocks):
    reply = await blocks.post("mine", SECRET)
    id = reply.json()["id"]
    assert reply.json()["data"] == SHOWN
    for path in (f"/block_documents/{id}", "/block_types/slug/account/block_documents/name/mine"):
        assert (await api.get(path)).json()["data"] == SHOWN
        assert (await api.get(path, params={"include_secrets": True})).json()["data"] == SECRET
    for asked, data in ((False, SHOWN), (True, SECRET)):
        assert (await api.post("/block_documents/filter", json={"include_secrets": asked})).json()[0]["data"] == data


@pytest.mark.parametrize("merge", [True, False])
async def test_what_comes_back_hidden_stays(blocks, merge):
    id = await blocks.keep("mine", SECRET)
    await blocks.change(id, SHOWN | {"password": "new"}, merge_existing_data=merge)
    assert await blocks.data(id) == SECRET | {"password": "new"}


async def test_nothing_readable_lies_in_the_database(db, blocks):
    await blocks.keep("mine", SECRET)
    data = await db.read.scalar(sa.select(block_document.c.data))
    assert "hush" not in data
    key = await db.read.scalar(sa.select(encryption_key.c.key))
    assert b"hush" in Fernet(key).decrypt(data)


def server_with(database_url: str, *keys: str) -> Any:
    server = ServerSettings(encryption_key=",".join(keys) or None)
    return client_of(settings_for(database_url, server=server))


async def test_exchanging_keys(database_url, db):
    """From the database's own key to one that is given, and on to another."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    async with server_with(database_url) as api:
        blocks = await Blocks.prepare(api)
        first = await blocks.keep("first", SECRET)
    async with server_with(database_url, old) as api:
        blocks.api = api
        assert await blocks.data(first) == SECRET
        second = await blocks.keep("second", SECRET)
    async with server_with(database_url, new, old) as api:
        blocks.api = api
        assert await blocks.data(second) == SECRET
        await blocks.change(second, {})
    data = dict((await db.read.all(sa.select(block_document.c.name, block_document.c.data))).__iter__())
    assert b"hush" in Fernet(new).decrypt(data["second"])
    async with server_with(database_url, old) as api:
        reply = await api.get(f"/block_documents/{second}")
        assert reply.status_code == 500
        assert "PREFECT_SERVER_ENCRYPTION_KEY" in reply.json()["exception_message"]
        assert "hush" not in reply.text
        assert (await api.patch(f"/block_documents/{second}", json={})).status_code == 500
        assert (await api.delete(f"/block_documents/{second}")).status_code == 204


async def test_a_server_that_is_given_a_key_keeps_none(database_url, db):
    async with server_with(database_url, Fernet.generate_key().decode()) as api:
        await (await Blocks.prepare(api)).keep("mine", SECRET)
    assert await db.read.all(sa.select(encryption_key)) == []


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ServerSettings(encryption_key=f"{Fernet.generate_key().decode()},short")
