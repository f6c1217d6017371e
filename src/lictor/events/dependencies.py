"""The recorder of this process, for those who take events."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from lictor.events.recorder import Recorder


async def _recorder(connection: HTTPConnection) -> Recorder:
    recorder: Recorder = connection.scope["state"]["recorder"]
    return recorder


EventRecorder = Annotated[Recorder, Depends(_recorder)]
"""What events are handed to."""
