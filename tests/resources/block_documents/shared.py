"""What tests of block documents share."""

from dataclasses import dataclass
from typing import Any

import httpx

SECRETS = ["password", "account.token", "headers.*", "users.key"]


@dataclass
class Blocks:
    """One block type with a schema, and documents of it."""

    api: httpx.AsyncClient
    type_id: str
    schema_id: str

    @classmethod
    async def prepare(cls, api: httpx.AsyncClient) -> "Blocks":
        type_id = (await api.post("/block_types/", json={"name": "Account", "slug": "account"})).json()["id"]
        schema = {"block_type_id": type_id, "fields": {"secret_fields": SECRETS}, "capabilities": ["write-path"]}
        return cls(api, type_id, (await api.post("/block_schemas/", json=schema)).json()["id"])

    async def post(self, name: str, data: Any = None, **more: Any) -> httpx.Response:
        body = {"name": name, "data": data or {}, "block_type_id": self.type_id, "block_schema_id": self.schema_id}
        return await self.api.post("/block_documents/", json=body | more)

    async def keep(self, name: str, data: Any = None, **more: Any) -> str:
        reply = await self.post(name, data, **more)
        assert reply.status_code == 201, reply.text
        id: str = reply.json()["id"]
        return id

    async def data(self, id: str) -> Any:
        """With secrets as they are."""
        reply = await self.api.get(f"/block_documents/{id}", params={"include_secrets": True})
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]

    async def change(self, id: str, data: Any, **more: Any) -> httpx.Response:
        return await self.api.patch(f"/block_documents/{id}", json={"data": data} | more)


def within(id: str) -> dict[str, Any]:
    """What stands for another document."""
    return {"$ref": {"block_document_id": id}}
