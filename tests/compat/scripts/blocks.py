"""Blocks as a user of the SDK has them: registered, saved, loaded, changed, deleted."""

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID

from prefect import flow, task
from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.filesystems import LocalFileSystem
from pydantic import SecretStr


class Account(Block):
    """Somebody's account."""

    user: str
    password: SecretStr
    headers: dict[str, str] = {}


class Warehouse(Block):
    """A warehouse, and the account that opens it."""

    url: str
    account: Account
    spare: Account | None = None


def of_secrets() -> None:
    Secret(value="hush").save("token")
    assert Secret.load("token").get() == "hush"
    Secret(value={"key": ["a", 1]}).save("token", overwrite=True)
    assert Secret.load("token").get() == {"key": ["a", 1]}
    try:
        Secret(value="other").save("token")
    except ValueError:
        pass
    else:
        raise AssertionError("the name was taken")


def of_nested_blocks() -> None:
    Account(user="ada", password="lovelace").save("ada")
    account = Account.load("ada")
    warehouse = Warehouse(url="https://w", account=account)
    warehouse.save("main")
    loaded = Warehouse.load("main")
    assert (loaded.url, loaded.account.user) == ("https://w", "ada")
    assert loaded.account.password.get_secret_value() == "lovelace"
    account.password = SecretStr("byron")
    account.save("ada", overwrite=True)
    assert Warehouse.load("main").account.password.get_secret_value() == "byron"
    loaded = Warehouse(url="https://v", account=account, spare=Account(user="inline", password="x"))
    loaded.save("main", overwrite=True)
    assert Warehouse.load("main").spare.password.get_secret_value() == "x"
    assert Block.load("warehouse/main").url == "https://v"


async def of_what_the_server_shows() -> None:
    async with get_client() as client:
        document = await client.read_block_document_by_name("ada", "account", include_secrets=False)
        assert document.data["password"] == "********"
        assert document.data["user"] == "ada"
        types = {block_type.slug for block_type in await client.read_block_types()}
        assert {"account", "warehouse", "secret", "local-file-system", "s3-bucket"} <= types
        documents = await client.read_block_documents(include_secrets=True)
        assert {document.name for document in documents} >= {"ada", "main", "token", "results"}
        schema = await client.read_block_schema_by_checksum(Warehouse._calculate_schema_checksum())
        assert schema.fields["block_schema_references"]["account"]["block_type_slug"] == "account"


def of_results(folder: Path) -> None:
    storage = LocalFileSystem(basepath=str(folder))
    storage.save("results")
    LocalFileSystem.load("results").write_path("greeting", b"hello")
    assert (folder / "greeting").read_bytes() == b"hello"

    @task(persist_result=True)
    def answer() -> int:
        return 42

    @flow(result_storage="local-file-system/results", persist_result=True)
    def asking() -> int:
        return answer()

    state = asking(return_state=True)
    assert state.result() == 42
    assert len(list(folder.iterdir())) > 1, "results lie in the block's folder"


async def of_deleting() -> None:
    async with get_client() as client:
        warehouse = await client.read_block_document_by_name("main", "warehouse")
        account = await client.read_block_document_by_name("ada", "account")
        for id in (warehouse.id, account.id):
            assert isinstance(id, UUID)
            await client.delete_block_document(id)
    try:
        await Warehouse.aload("main")
    except ValueError:
        return
    raise AssertionError("the block is still there")


if __name__ == "__main__":
    of_secrets()
    of_nested_blocks()
    of_results(Path(sys.argv[1]))
    asyncio.run(of_what_the_server_shows())
    asyncio.run(of_deleting())
    print(json.dumps("done"))
