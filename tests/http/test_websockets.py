"""Texts that are taken out of what comes before the library's parser sees it are those that it would have found."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from lictor.http.websocket_protocol import _SilentProtocol, _Texts

LONGEST = 70_000
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def seen(stream: bytes, cuts: list[int], *, takes_texts: bool) -> tuple[list[Any], str | None]:
    """What an open connection has found in a stream that comes in parts, and what it ended for."""
    protocol = _SilentProtocol(LONGEST)
    protocol.receive_data(HANDSHAKE)
    [request] = protocol.events_received()
    protocol.send_response(protocol.accept(request))
    protocol.takes_texts = takes_texts
    found: list[Any] = []
    places = sorted({0, *(cut % (len(stream) + 1) for cut in cuts), len(stream)})
    for begin, end in pairwise(places):
        protocol.receive_data(stream[begin:end])
        for event in protocol.events_received():
            if isinstance(event, _Texts):
                found += [(Opcode.TEXT, text.encode(), True) for text in event.texts]
            else:
                found.append((event.opcode, bytes(event.data), event.fin))
        if protocol.parser_exc is not None:
            break
    return found, repr(protocol.parser_exc)


def sent(opcode: Opcode, content: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, content, fin).serialize(mask=mask)


LENGTHS = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, LONGEST, LONGEST + 1])
TEXTS = st.one_of(st.text(max_size=40).map(str.encode), LENGTHS.map(lambda length: b"x" * length))
FRAMES = st.one_of(
    TEXTS.map(lambda text: sent(Opcode.TEXT, text)),
    TEXTS.map(lambda text: sent(Opcode.TEXT, text)),
    st.binary(max_size=20).map(lambda text: sent(Opcode.TEXT, text)),
    st.binary(max_size=20).map(lambda content: sent(Opcode.PING, content)),
    st.binary(max_size=20).map(lambda content: sent(Opcode.BINARY, content)),
    TEXTS.map(lambda text: sent(Opcode.TEXT, text[:3], fin=False) + sent(Opcode.CONT, text[3:])),
    st.just(sent(Opcode.TEXT, b"begun", fin=False)),
    st.just(sent(Opcode.TEXT, b"bare", mask=False)),
    st.just(sent(Opcode.CLOSE, b"\x03\xe8")),
    st.binary(max_size=8),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAMES, max_size=12).map(b"".join), st.lists(st.integers(0, 10**6), max_size=6))
def test_messages_are_the_same_however_they_are_taken(stream, cuts):
    assert seen(stream, cuts, takes_texts=True) == seen(stream, cuts, takes_texts=False)


@pytest.mark.parametrize("takes_texts", [True, False])
def test_texts_that_come_together_are_one_event(takes_texts):
    protocol = _SilentProtocol(LONGEST)
    protocol.receive_data(HANDSHAKE)
    [request] = protocol.events_received()
    protocol.send_response(protocol.accept(request))
    protocol.takes_texts = takes_texts
    protocol.receive_data(b"".join(sent(Opcode.TEXT, b"%d" % number) for number in range(5)) + sent(Opcode.PING, b""))
    events = protocol.events_received()
    assert [event.opcode for event in events] == [Opcode.TEXT] * (1 if takes_texts else 5) + [Opcode.PING]
