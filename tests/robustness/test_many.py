"""Lists of 33,000 items: what filters ask is answered; what would be written is written whole, or refused."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.robustness.answers import check_success, names
from tests.robustness.document import WITH_BODY, Json, Operation, Place, replaced
from tests.robustness.server import Server

MANY = 33_000
"""More than a statement may have parameters on either database: 32,767 on PostgreSQL, 32,766 on SQLite."""


def lists() -> Iterator[tuple[Operation, Place]]:
    """Every list of a body that writes, and every list of a filter once: where its own kind of object is listed."""
    found: dict[object, tuple[Operation, Place]] = {}
    for operation in sorted(WITH_BODY, key=lambda operation: not operation.path.endswith("/filter")):
        _, places = operation.example(lambda name, schema: {})
        for place in places:
            if place.kind == "list":
                key = place.path if operation.only_reads else (operation, place)
                if key not in found or operation.path == f"/{place.path[0]}/filter":
                    found[key] = operation, place
    yield from found.values()


@pytest.mark.parametrize(
    ("operation", "place"),
    [pytest.param(*case, id=f"{case[0]} {'.'.join(map(str, case[1].path))}") for case in lists()],
)
def test_many_items(server: Server, operation: Operation, place: Place) -> None:
    body, _ = operation.example(server.world.example)
    items = body
    for step in place.path:
        items = items[step]
    path = server.world.path(operation)
    reply = server.ask_json(operation.method, path, replaced(body, place.path, [*many(items), *items]))
    assert reply.status_code < 500
    if operation.only_reads and place.path[-1] not in {"all_of", "any_of", "none_of"}:
        assert reply.status_code == 200, reply.text[:1000]
    if reply.is_success:
        check_success(operation, reply)
        server.restore()
    else:
        assert reply.status_code == 413 or names(reply, place), reply.text[:1000]
        assert server.rows() == server.rows_of_world


def many(items: list[Json]) -> list[Json]:
    """Items like the one that is there; where there are not so many, the same again and again."""
    match items[0]:
        case str() as item if is_uuid(item):
            return [str(UUID(int=number)) for number in range(MANY)]
        case str() as item if not item.isupper():
            return [f"{item}-{number}" for number in range(MANY)]
    return items * MANY


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
