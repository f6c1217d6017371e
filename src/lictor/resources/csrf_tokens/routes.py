"""Where clients get their CSRF tokens."""

import secrets
from typing import Annotated, Any

from fastapi import Depends, Query

from lictor.db.base import utc_now
from lictor.errors import Unprocessable
from lictor.http.dependencies import CurrentSettings, WriteTx
from lictor.http.routing import StrictRouter
from lictor.resources.csrf_tokens import queries
from lictor.resources.csrf_tokens.schemas import CsrfToken
from lictor.validation.fields import IndexedText

router = StrictRouter(prefix="/csrf-token", tags=["CSRF tokens"])


async def served_client(
    settings: CurrentSettings,
    client: Annotated[IndexedText, Query(description="The name that the client chose for itself.")],
) -> str:
    """Who asks for a token. Refused before a transaction begins: each client of the SDK tries once."""
    if not settings.server.csrf_protection_enabled:
        raise Unprocessable("CSRF protection is disabled.")
    return client


@router.get("", response_model=CsrfToken)
async def create_csrf_token(
    client: Annotated[str, Depends(served_client)], tx: WriteTx, settings: CurrentSettings
) -> Any:
    """A new token for a client; the one it had before is no longer good."""
    now = utc_now()
    await tx.execute(queries.forget_expired(now))
    expiration = now + settings.server.csrf_token_expiration
    return await tx.first(queries.give_token(client, secrets.token_hex(32), expiration, now))
