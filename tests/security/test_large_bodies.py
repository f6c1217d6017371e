"""Bodies of very many values are refused before they are parsed."""

import asyncio

import httpx
import pytest

from lictor.errors import TooLarge
from lictor.validation import strict_json
from lictor.validation.strict_json import MAX_VALUES, refuse_too_many_values

MANY = MAX_VALUES + 1


@pytest.mark.parametrize(
    ("body", "is_refused"),
    [
        pytest.param(b"[" + b"1," * MANY + b"1]", True, id="numbers"),
        pytest.param(b'{"a": [' + b'"x",' * MANY + b'"x"]}', True, id="texts"),
        pytest.param(b"[" + b'"\\\\",' * MANY + b"1]", True, id="backslashes"),
        pytest.param(b'"' + b"," * (3 * MANY) + b'"', False, id="commas in a text"),
        pytest.param(b'"' + b'\\",' * (2 * MANY) + b'"', False, id="commas after quotes in a text"),
        pytest.param(b'["' + b"," * MANY + b'", "\\\\", "' + b"," * MANY + b'"]', False, id="several texts"),
        pytest.param(b"[" + b"1," * (MAX_VALUES - 1) + b"1]", False, id="just enough"),
    ],
)
async def test_values_are_counted_outside_of_texts(body: bytes, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(TooLarge):
            await refuse_too_many_values(body)
    else:
        await refuse_too_many_values(body)


@pytest.mark.parametrize("size", range(1, 12))
async def test_pieces_may_end_anywhere(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "COUNTED_BYTES", size)
    monkeypatch.setattr(strict_json, "MAX_VALUES", 4)
    await refuse_too_many_values(rb'["a,\",b", "\\", "c\\\",,,,", 1]')
    with pytest.raises(TooLarge):
        await refuse_too_many_values(rb'["a,\",b", "\\", "c\\\",,,,", 1, 2]')


async def test_others_have_their_turn_while_a_body_is_counted() -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(take_turns())
    await refuse_too_many_values(b'"' + b"," * 8_000_000 + b'"')
    task.cancel()
    assert turns > 20


async def test_such_a_body_gets_413(api: httpx.AsyncClient) -> None:
    body = b'{"flows": {"id": {"any_": [' + b"1," * MANY + b"1]}}}"
    answer = await api.post("/flows/filter", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
