"""What tests of deployments begin with."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.make import Make
from tests.replies import JSON
from tests.resources.deployments.shared import Deploy


@pytest.fixture
async def etl(make: Make) -> UUID:
    """A flow."""
    return await make.flow("etl", labels={"team": "data"})


@pytest.fixture
def deploy(api: httpx.AsyncClient, etl: UUID) -> Deploy:
    """Makes a deployment of that flow, or changes it, through the API."""

    async def post(name: str = "nightly", **asked: Any) -> JSON:
        reply = await api.post("/deployments/", json={"name": name, "flow_id": str(etl), **asked})
        assert reply.status_code in {200, 201}, reply.text
        return reply.json()

    return post
