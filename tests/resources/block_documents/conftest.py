import httpx
import pytest

from tests.resources.block_documents.shared import Blocks


@pytest.fixture
async def blocks(api: httpx.AsyncClient) -> Blocks:
    return await Blocks.prepare(api)
