"""Limits on tags: global ones by another name, and those of older databases."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from lictor.db.ids import uuid7
from lictor.db.types import dump_json
from lictor.resources.concurrency_limits.table import global_limit, tag_limit
from tests.slots import slots_taken

LIMITS = "/concurrency_limits"
RUN, OTHER = str(uuid7()), str(uuid7())


@pytest.fixture
def old_limit(db):
    async def old_limit(tag: str, slots: int, *holders: str) -> UUID:
        row = {"id": uuid7(), "tag": tag, "concurrency_limit": slots, "active_slots": dump_json(list(holders))}
        async with db.write() as tx:
            await tx.execute(sa.insert(tag_limit).values(row))
        return row["id"]

    return old_limit


async def holders(api, tag: str) -> list[str]:
    return (await api.get(f"{LIMITS}/tag/{tag}")).json()["active_slots"]


async def change(api, what: str, *tags: str, run: str = RUN) -> int:
    return (await api.post(f"{LIMITS}/{what}", json={"names": tags, "task_run_id": run})).status_code


async def test_an_old_limit_is_shown_taken_and_given_back(api, old_limit):
    id = await old_limit("old", 2, OTHER)
    by_id, by_tag = await api.get(f"{LIMITS}/{id}"), await api.get(f"{LIMITS}/tag/old")
    assert by_id.json() == by_tag.json()
    assert by_id.json() | {"created": None, "updated": None} == {
        "id": str(id),
        "created": None,
        "updated": None,
        "tag": "old",
        "concurrency_limit": 2,
        "active_slots": [OTHER],
    }
    assert await change(api, "increment", "old") == 200
    assert sorted(await holders(api, "old")) == sorted([RUN, OTHER])
    assert await change(api, "increment", "old", run=str(uuid7())) == 423
    assert await change(api, "decrement", "old") == 200
    assert await holders(api, "old") == [OTHER]
    assert (await api.post(f"{LIMITS}/tag/old/reset", json={"slot_override": [RUN]})).status_code == 200
    assert await holders(api, "old") == [RUN]
    assert (await api.delete(f"{LIMITS}/{id}")).status_code == 200
    assert (await api.get(f"{LIMITS}/{id}")).status_code == 404


async def test_a_new_limit_takes_the_place_of_an_old_one(api, old_limit):
    old = await old_limit("tag", 1, OTHER)
    await old_limit("another", 1)
    await api.post(f"{LIMITS}/", json={"tag": "tag", "concurrency_limit": 5})
    await api.post(f"{LIMITS}/", json={"tag": "zzz", "concurrency_limit": 5})
    listed = (await api.post(f"{LIMITS}/filter", json={})).json()
    assert [(each["tag"], each["concurrency_limit"]) for each in listed] == [("tag", 5), ("zzz", 5), ("another", 1)]
    assert [each["tag"] for each in (await api.post(f"{LIMITS}/filter", json={"offset": 1, "limit": 1})).json()] == [
        "zzz"
    ]
    assert (await api.get(f"{LIMITS}/{old}")).status_code == 404
    await api.delete(f"{LIMITS}/tag/tag")
    assert await holders(api, "tag") == [OTHER]


async def test_all_slots_or_none_of_both_kinds(api, old_limit):
    await api.post(f"{LIMITS}/", json={"tag": "new", "concurrency_limit": 5})
    await old_limit("full", 1, OTHER)
    assert await change(api, "increment", "new", "full") == 423
    assert await holders(api, "new") == []


async def test_a_reset_gives_back_all_that_the_leases_held(api, db):
    for tag in ("a", "b"):
        await api.post(f"{LIMITS}/", json={"tag": tag, "concurrency_limit": 5})
    await change(api, "increment", "a", "b")
    await api.post(f"{LIMITS}/tag/a/reset", json={"slot_override": [OTHER]})
    assert [await holders(api, tag) for tag in ("a", "b")] == [[OTHER], []]
    limits = await db.read.all(sa.select(global_limit.c.id).order_by(global_limit.c.name))
    assert [await slots_taken(db, limit.id) for limit in limits] == [1, 0]


@pytest.mark.parametrize("tag", ["a/b", "100%", "<x>", "a&b"])
async def test_a_tag_that_no_limit_can_be_named_after(api, tag):
    reply = await api.post(f"{LIMITS}/", json={"tag": tag, "concurrency_limit": 5})
    assert (reply.status_code, reply.json()["exception_detail"][0]["loc"]) == (422, ["body", "tag"])


async def test_a_limit_cannot_be_negative(api):
    assert (await api.post(f"{LIMITS}/", json={"tag": "x", "concurrency_limit": -1})).status_code == 422


async def test_a_list_takes_two_statements(api, old_limit, statements):
    for number in range(20):
        await api.post(f"{LIMITS}/", json={"tag": f"{number}", "concurrency_limit": 5})
        await old_limit(f"old {number}", 1)
    await change(api, "increment", *map(str, range(20)))
    statements.clear()
    listed = (await api.post(f"{LIMITS}/filter", json={})).json()
    assert len(statements) == 2, statements
    assert len(listed) == 40
    assert all(each["active_slots"] == [RUN] for each in listed[:20])
