"""Blocks as the defaults of a work pool's variables."""

from typing import Any
from uuid import UUID

from lictor.db.engine import Connection
from lictor.errors import NotFound
from lictor.resources.block_documents.reading import read_data

Template = dict[str, Any]


async def with_blocks(tx: Connection, keys: tuple[str, ...], template: Template) -> Template:
    """The base job template with the data of blocks, secrets hidden, in place of what stands for them."""
    variables = template.get("variables")
    properties = variables.get("properties") if isinstance(variables, dict) else None
    if not isinstance(properties, dict):
        return template
    resolved = {name: await _resolved(tx, keys, variable) for name, variable in properties.items()}
    return {**template, "variables": {**(variables or {}), "properties": resolved}}


async def _resolved(tx: Connection, keys: tuple[str, ...], variable: Any) -> Any:
    match variable:
        case {"default": {"$ref": {"block_document_id": id}}} if id is not None:
            return {**variable, "default": await _data(tx, keys, id)}
        case _:
            return variable


async def _data(tx: Connection, keys: tuple[str, ...], id: Any) -> dict[str, Any]:
    try:
        data = await read_data(tx, keys, UUID(id))
    except (ValueError, TypeError, AttributeError):
        data = None
    if data is None:
        raise NotFound("Block not found.")
    return data
