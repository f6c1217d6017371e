"""Every value that is hard to bear, at every place of every body: named in a clear refusal, or answered."""

import os
import random
from collections.abc import Iterable, Iterator

import httpx
import pytest

from tests.robustness.answers import check_success, names
from tests.robustness.document import WITH_BODY, Json, Operation, Path, Place, replaced
from tests.robustness.server import Server
from tests.robustness.values import HARD, Answer, Hard

Trial = dict[Place, Hard]
"""What to put where, all in one request."""

SAMPLE = 200
"""How many pairs of an operation and a kind of value are tried on each database; HARD_VALUES=all tries all of them."""

UNSTORABLE = [*HARD["NUL"], *HARD["lone surrogate"]]
MENDING = {"POST /logs/"}  # takes texts that cannot be stored, and stores them without what is wrong with them
MENDED = {("state", "message")}  # so does any route, there
IN_ORDER = {"POST /deployments/{id}/backfill"}  # refuses any moment if the range would end before it begins


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_examples_are_answered(server: Server, operation: Operation) -> None:
    """Otherwise the tests below would show nothing."""
    for variant in range(operation.variants):
        body, _ = operation.example(server.world.example, variant)
        reply = server.ask_json(operation.method, server.world.path(operation), body)
        assert reply.is_success, reply.text
        check_success(operation, reply)
        server.restore()


def chosen() -> list[tuple[Operation, str]]:
    """All kinds of values for all operations, or some of these pairs: the same ones until the routes change."""
    pairs = [(operation, kind) for operation in WITH_BODY for kind in HARD]
    if os.environ.get("HARD_VALUES") == "all":
        return pairs
    return random.Random(5).sample(pairs, min(SAMPLE, len(pairs)))


@pytest.mark.parametrize(("operation", "kind"), [pytest.param(*pair, id=f"{pair[0]}-{pair[1]}") for pair in chosen()])
def test_hard_values(server: Server, operation: Operation, kind: str) -> None:
    tried: set[tuple[Path, str]] = set()
    for variant in range(operation.variants):
        _, places = operation.example(server.world.example, variant)
        new = [place for place in places if (place.path, place.kind) not in tried]
        tried |= {(place.path, place.kind) for place in new}
        for trial in trials(new, HARD[kind], every=not operation.only_reads and kind != "megabyte"):
            settle(server, operation, variant, trial)
    if operation.only_reads:
        assert server.rows() == server.rows_of_world
    else:
        server.restore()


def trials(places: list[Place], values: list[Hard], *, every: bool) -> Iterator[Trial]:
    """Puts every value in every place; or else, where places are many, only until each value has been somewhere.

    Places that lie within each other are not tried together.
    """
    for together in _apart(places):
        fitting = {place: found for place in together if (found := [value for value in values if value.fits(place)])}
        left = {value for found in fitting.values() for value in found}
        for turn in range(max(map(len, fitting.values()), default=0)):
            trial = {
                place: found[(number + turn) % len(found)]
                for number, (place, found) in enumerate(fitting.items())
                if turn < len(found)
            }
            if every or left.intersection(trial.values()):
                left.difference_update(trial.values())
                yield trial


def _apart(places: Iterable[Place]) -> list[list[Place]]:
    groups: dict[int, list[Place]] = {}
    for place in places:
        holds_others = place.kind in {"object", "list", "tuple", "map"}
        groups.setdefault(len(place.path) if holds_others else 0, []).append(place)
    return list(groups.values())


def settle(server: Server, operation: Operation, variant: int, trial: Trial) -> None:
    """Asks without those places that the answer names, or with half of them where it names none, until all is known."""
    while trial:
        reply = ask(server, operation, variant, trial)
        if reply.is_success:
            refused = {
                place: value
                for place, value in trial.items()
                if value.answer is Answer.REFUSED and not is_mended(operation, place, value)
            }
            assert not refused, told(refused, reply)
            return
        named = {place: value for place, value in trial.items() if names(reply, place)}
        taken = {place: value for place, value in named.items() if value.answer is Answer.TAKEN}
        assert not taken or str(operation) in IN_ORDER, told(taken, reply)
        if not named:
            assert len(trial) > 1, told(trial, reply)
            half = list(trial.items())[: len(trial) // 2]
            settle(server, operation, variant, dict(half))
            named = dict(half)
        trial = {place: value for place, value in trial.items() if place not in named}


def is_mended(operation: Operation, place: Place, value: Hard) -> bool:
    """Whether a text that cannot be stored is stored there, without what is wrong with it."""
    return value in UNSTORABLE and (str(operation) in MENDING or place.path in MENDED)


def ask(server: Server, operation: Operation, variant: int, trial: Trial) -> httpx.Response:
    """What a server answers to the hard values, which never fails, and which changes nothing where it refuses."""
    body, _ = operation.example(server.world.example, variant)
    for place, value in trial.items():
        body = replaced(body, place.path, value.put(at(body, place.path)))
    before = server.counts()
    reply = server.ask_json(operation.method, server.world.path(operation), body)
    assert reply.status_code < 500, told(trial, reply)
    assert reply.is_success or server.counts() == before, told(trial, reply)
    if reply.is_success:
        check_success(operation, reply)
        if not (operation.only_reads or operation.creates):
            server.restore()
    return reply


def at(body: Json, path: Path) -> Json:
    for step in path:
        body = body[step]
    return body


def told(trial: Trial, reply: httpx.Response) -> str:
    asked = ", ".join(f"{value.name} at {'.'.join(map(str, place.path))}" for place, value in trial.items())
    return f"{asked}: {reply.status_code} {reply.text[:1000]}"
