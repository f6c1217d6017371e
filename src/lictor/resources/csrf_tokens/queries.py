"""Statements on CSRF tokens."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way

from lictor.resources.csrf_tokens.table import csrf_token


def token_of(client: str, now: datetime) -> sa.Select[Any]:
    """The token that a client must show, if it has one that is still good."""
    return sa.select(csrf_token.c.token).where(csrf_token.c.client == client, csrf_token.c.expiration > now)


def give_token(client: str, token: str, expiration: datetime, now: datetime) -> sa.Insert:
    """A token for a client, in place of the one it may have; returns the row."""
    new = {"token": token, "expiration": expiration, "updated": now}
    return (
        insert(csrf_token)
        .values(client=client, created=now, **new)
        .on_conflict_do_update(index_elements=[csrf_token.c.client], set_=new)
        .returning(*csrf_token.c)
    )


def forget_expired(now: datetime) -> sa.Delete:
    """Tokens that are good for nothing any more."""
    return sa.delete(csrf_token).where(csrf_token.c.expiration < now)
