"""The checksum of a block schema: what clients know it by, so it must be what they work out themselves."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

JSONObject = dict[str, Any]


def checksum(fields: JSONObject) -> str:
    """Of all that the fields say but which of them are secret, and without the definitions of blocks within."""
    counted = _without_secret_fields(fields)
    if definitions := counted.get("definitions"):
        counted["definitions"] = plain_definitions(counted, definitions)
        if not counted["definitions"]:
            del counted["definitions"]
    # The list and the object around it are what a client hashes: the arguments of a call.
    text = json.dumps([[counted], {}], sort_keys=True)
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def plain_definitions(part: Any, definitions: JSONObject) -> JSONObject:
    """The definitions that a part of a schema uses, by itself or through others, without those of blocks."""
    found: JSONObject = {}
    left = [part]
    while left:
        for key in used_definitions(left.pop()):
            definition = definitions.get(key)
            if definition and key not in found and definition.get("block_type_slug") is None:
                found[key] = definition
                left.append(definition)
    return found


def used_definitions(part: Any) -> Iterator[str]:
    """The names of the definitions that a part of a schema refers to, in their order."""
    left = [part]
    while left:
        match left.pop():
            case dict() as item:
                if isinstance(reference := item.get("$ref"), str) and reference:
                    yield reference.replace("#/definitions/", "")
                left += reversed(item.values())
            case list() as items:
                left += reversed(items)


def _without_secret_fields(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    return {key: _without_secret_fields(value) for key, value in part.items() if key != "secret_fields"}
