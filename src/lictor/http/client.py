"""Who calls: which version of Prefect's client."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

Version = tuple[int, int, int]

USER_AGENT = re.compile(r"^prefect/(\d+)\.(\d+)\.(\d+)[a-z.+0-9]* \(API \S+\)$")

FIRST = (3, 0, 0)
LAST_TO_MANAGE_SLOTS = (3, 0, 3)
FIRST_TO_RENEW_LEASES = (3, 4, 11)


@dataclass(frozen=True)
class Client:
    """The version that a request tells of, where it does."""

    version: Version | None = None

    @property
    def manages_slots(self) -> bool:
        """Whether its workers take the slots of deployments by themselves."""
        return self.version is not None and FIRST <= self.version <= LAST_TO_MANAGE_SLOTS

    @property
    def renews_leases(self) -> bool:
        """Whether its flow runs tell that they are still there."""
        return self.version is not None and self.version >= FIRST_TO_RENEW_LEASES


UNKNOWN = Client()


async def client_of(connection: HTTPConnection) -> Client:
    """The client that a request comes from."""
    agent = USER_AGENT.match(connection.headers.get("user-agent", ""))
    return UNKNOWN if agent is None else Client((int(agent[1]), int(agent[2]), int(agent[3])))


CurrentClient = Annotated[Client, Depends(client_of)]
"""Who calls."""
