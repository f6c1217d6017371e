"""Who made an object: a request says so in its headers."""

from base64 import b64decode
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header

from lictor.validation.created_by import CreatedBy


async def created_by(
    automation_id: Annotated[UUID | None, Header(alias="prefect-automation-id", include_in_schema=False)] = None,
    automation_name: Annotated[str | None, Header(alias="prefect-automation-name", include_in_schema=False)] = None,
) -> CreatedBy | None:
    """The automation that a request names, if it does, by its id and by its name in base64."""
    if automation_id is None or not automation_name:
        return None
    try:
        name = b64decode(automation_name).decode()
    except ValueError:
        return None
    if not name or "\0" in name:
        return None
    return CreatedBy(id=automation_id, type="AUTOMATION", display_value=name)


Creator = Annotated[CreatedBy | None, Depends(created_by)]
"""Who makes what this request creates, if it says so."""
