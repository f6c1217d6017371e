"""What routes that read or write secrets depend on."""

from typing import Annotated

from fastapi import Depends

from lictor.http.dependencies import CurrentSettings
from lictor.settings.fields import keys_in


async def given_keys(settings: CurrentSettings) -> tuple[str, ...]:
    """The keys of the settings."""
    return keys_in(settings.server.encryption_key)


Keys = Annotated[tuple[str, ...], Depends(given_keys)]
"""The keys that this server is given: the first encrypts, all decrypt."""
