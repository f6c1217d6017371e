"""Results that task runs share: a completed state is kept under its cache key."""

from hashlib import sha256

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.ids import uuid7
from lictor.db.types import load_json
from lictor.orchestration.engine import Reject, Transition, Verdict, new_state
from lictor.resources.states.schemas import StateDetails, StateType
from lictor.resources.task_runs.table import task_run_state, task_run_state_cache
from lictor.validation.fields import MAX_INDEXED_BYTES


async def retrieve_from_cache(t: Transition) -> Verdict | None:
    """A task run whose result is known does not run; it enters a copy of the state that holds the result."""
    assert t.proposed
    details = t.proposed.state_details
    if not details.cache_key or details.refresh_cache:
        return None
    cached = await t.tx.first(_newest_state_of(details.cache_key))
    if cached is None:
        return None
    state = new_state(
        StateType(cached.type),
        "Cached",
        message=cached.message,
        data=None if cached.data is None else load_json(cached.data),
        state_details=StateDetails.model_validate_json(cached.state_details),
    )
    return Reject("Retrieved state from cache", state)


def _newest_state_of(cache_key: str) -> sa.Select[tuple[object, ...]]:
    """What was kept last under the key and is still good."""
    cache = task_run_state_cache.c
    newest = (
        sa.select(cache.task_run_state_id)
        .where(
            cache.cache_key == _indexable(cache_key),
            sa.or_(cache.cache_expiration.is_(None), cache.cache_expiration > utc_now()),
        )
        .order_by(cache.created.desc(), cache.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(task_run_state).where(task_run_state.c.id == newest)


def _indexable(cache_key: str) -> str:
    """The key, or what stands for it where it is longer than PostgreSQL can index."""
    text = cache_key.encode()
    return cache_key if len(text) <= MAX_INDEXED_BYTES else f"sha256:{sha256(text).hexdigest()}"


async def insert_into_cache(t: Transition) -> Verdict | None:
    """A completed state is kept under its cache key. A key that is too long is told, though it is no hindrance."""
    state = t.proposed
    assert state
    details = state.state_details
    key = details.cache_key
    if not key:
        return None

    async def insert() -> None:
        row = {
            "id": uuid7(),
            "created": utc_now(),
            "cache_key": _indexable(key),
            "cache_expiration": details.cache_expiration,
            "task_run_state_id": state.id,
        }
        await t.tx.execute(sa.insert(task_run_state_cache).values(**row))

    t.afterwards.append(insert)
    if len(key) > (longest := t.settings.max_cache_key_length):
        return Reject(f"Cache key exceeded maximum allowed length of {longest} characters.", state)
    return None
