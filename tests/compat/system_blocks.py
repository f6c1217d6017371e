"""The blocks that a fresh Prefect server has, without the prose.

`python -m tests.compat.system_blocks` asks one, and writes what Lictor keeps of it.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from lictor.resources.block_schemas.system import FACTS

from . import servers

Json = Any

PROSE = ("description", "code_example")
OF_ONE_SERVER = ("id", "created", "updated", "block_type_id", "block_type")


def ask(server: servers.Server) -> Json:
    """The facts, the schemas in the order of their making."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        types = client.post("/block_types/filter", json={}).raise_for_status().json()
        schemas = client.post("/block_schemas/filter", json={}).raise_for_status().json()
    return {
        "block_types": sorted(map(facts_of_type, types), key=lambda each: each["slug"]),
        "block_schemas": [facts_of_schema(schema) for schema in reversed(schemas)],
    }


def facts_of_type(block_type: Json) -> Json:
    return {name: value for name, value in block_type.items() if name not in (*PROSE, *OF_ONE_SERVER)}


def facts_of_schema(schema: Json) -> Json:
    """A schema as it is stored: blocks within it are named by their checksums."""
    fields = without_prose(schema["fields"])
    references = fields.pop("block_schema_references")
    definitions = {
        name: definition
        for name, definition in fields.pop("definitions", {}).items()
        if "block_type_slug" not in definition
    }
    return {
        "slug": schema["block_type"]["slug"],
        "checksum": schema["checksum"],
        "version": schema["version"],
        "capabilities": sorted(schema["capabilities"]),
        "references": dict(_references(references)),
        "fields": {**fields, "definitions": definitions} if definitions else fields,
    }


def _references(references: Json) -> Iterator[tuple[str, list[str]]]:
    for name, named in references.items():
        each = named if isinstance(named, list) else [named]
        yield name, [one["block_schema_checksum"] for one in each]


def without_prose(value: Json, *, names: bool = False) -> Json:
    """The value without descriptions; among `names` one may be called so."""
    match value:
        case dict():
            return {
                name: without_prose(each, names=name in {"properties", "definitions"} and not names)
                for name, each in value.items()
                if names or name != "description"
            }
        case list():
            return [without_prose(each) for each in value]
        case _:
            return value


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with servers.prefect_server(f"sqlite+aiosqlite:///{home}/fresh.db", home) as server:
            found = ask(server)
    lines = {key: ",\n".join(f"    {json.dumps(each, sort_keys=True)}" for each in found[key]) for key in found}
    written = "{\n" + ",\n".join(f'  "{key}": [\n{each}\n  ]' for key, each in lines.items()) + "\n}\n"
    assert json.loads(written) == found
    FACTS.write_text(written)


if __name__ == "__main__":
    main()
