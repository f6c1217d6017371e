"""How rules play together, whatever they say."""

import pytest

from lictor.orchestration.engine import (
    ANY,
    Abort,
    Policy,
    Reject,
    Rule,
    Wait,
    carry_out,
    locked,
    new_state,
    proposed_by,
)
from lictor.orchestration.schemas import SetStateStatus
from lictor.orchestration.task_runs import TaskTransition
from lictor.resources.states.schemas import StateType
from tests.orchestration.driver import DEFAULTS, asked, named, verdict


@pytest.fixture
def orchestrate(task):
    """What lets a new task run go to RUNNING under some rules."""

    async def orchestrate(*rules, effects=()):
        run = await task()
        async with run.db.write() as tx:
            transition = TaskTransition(
                tx, await locked(tx, TaskTransition, run.id), proposed_by(asked("RUNNING")), DEFAULTS
            )
            return run, await carry_out(transition, Policy(rules=rules, effects=effects))

    return orchestrate


@pytest.fixture
def log():
    """What happened, in its order."""
    return []


@pytest.fixture
def rule(log):
    """What makes a rule that writes down when it is asked, and when what it wants done afterwards is done."""

    def rule(name, answer=None, source=ANY, target=ANY):
        async def decide(t):
            log.append(name)
            t.changes["run_count"] = 40
            t.afterwards.append(done)
            return answer

        async def done():
            log.append(f"{name} done")

        return Rule(decide, source, target)

    return rule


def test_a_rule_is_known_by_its_function(rule):
    assert rule("any").name == "decide"


async def test_rules_are_asked_in_order_and_act_afterwards(orchestrate, rule, log):
    run, result = await orchestrate(rule("one"), rule("two"))
    assert (verdict(result), result.status_code) == (("ACCEPT", None), 201)
    assert log == ["one", "two", "one done", "two done"]
    assert (await run.row()).run_count == 41


async def test_only_those_that_govern_the_transition(orchestrate, rule, log):
    running, pending = frozenset({StateType.RUNNING}), frozenset({StateType.PENDING})
    await orchestrate(rule("from", source=running), rule("to", target=pending), rule("both", None, pending, running))
    assert log == ["both", "both done"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(Abort("no"), SetStateStatus.ABORT, id="abort"),
        pytest.param(Wait(3, "no"), SetStateStatus.WAIT, id="wait"),
        pytest.param(Reject("no"), SetStateStatus.REJECT, id="reject"),
    ],
)
async def test_a_transition_that_is_called_off_changes_nothing(orchestrate, rule, log, answer, status):
    run, result = await orchestrate(rule("one"), rule("two", answer), rule("three"))
    assert (result.status, named(result), result.status_code) == (status, ("PENDING", "Pending"), 200)
    assert log == ["one", "two"]
    assert (await run.row()).run_count == 0
    assert len(await run.states()) == 1


async def test_a_state_of_another_type_ends_the_questions(orchestrate, rule, log):
    run, result = await orchestrate(rule("one"), rule("two", Reject("no", new_state(StateType.PAUSED))), rule("three"))
    assert (named(result), result.status_code) == (("PAUSED", "Paused"), 201)
    assert log == ["one", "two"]
    assert (await run.row()).run_count == 0


async def test_another_state_of_the_same_type_does_not(orchestrate, rule, log):
    other = Reject("no", new_state(StateType.RUNNING, "Other"))
    _, result = await orchestrate(rule("one", other), rule("two"))
    assert (verdict(result), named(result)) == (("REJECT", "no"), ("RUNNING", "Other"))
    assert log == ["one", "two", "one done", "two done"]


async def test_a_rejection_may_bring_changes_of_its_own(orchestrate, rule):
    run, _ = await orchestrate(rule("one", Reject("no", new_state(StateType.PAUSED), {"run_count": 7})))
    assert (await run.row()).run_count == 7


@pytest.mark.parametrize(("answer", "told"), [(None, ["RUNNING"]), (Abort("no"), [])])
async def test_effects_follow_new_states_only(orchestrate, rule, answer, told):
    seen = []

    async def effect(_, state):
        seen.append(state.type.value)

    await orchestrate(rule("one", answer), effects=(effect,))
    assert seen == told
