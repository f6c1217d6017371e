"""How a run gets from one state to another.

A request proposes a state. The rules of a policy look at it in their order, and each may object: put another state in
its place, or call the transition off. What is left of it is written: a state, and the run that is now in it.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, assert_never
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.engine import Transaction
from lictor.db.ids import uuid7
from lictor.db.types import MICROSECOND, dump_json, load_json
from lictor.orchestration.run_clocks import clocks
from lictor.orchestration.schemas import (
    Details,
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateWaitDetails,
)
from lictor.resources.states.rows import is_unpersisted, on_run, state_of, state_row
from lictor.resources.states.schemas import State, StateCreate, StateDetails, StateType
from lictor.settings import TaskSettings

Types = frozenset[StateType | None]
"""Types of state that a run may be in; None stands for a run that has no state yet."""

ANY: Types = frozenset({*StateType, None})

NEEDED = (
    "id",
    "state_id",
    "state_type",
    "state_name",
    "state_timestamp",
    "state_message",
    "state_data",
    "state_details",
    "run_count",
    "start_time",
    "end_time",
    "total_run_time",
    "expected_start_time",
    "next_scheduled_start_time",
    "empirical_policy",
)
"""The columns of a run that rules and clocks look at."""

# A result may bring along how to show it; that is not part of the result.
HOW_TO_SHOW = ("artifact_key", "artifact_type", "artifact_description")


@dataclass(frozen=True)
class Reject:
    """The run enters another state than the proposed one, or stays in the one it is in.

    The changes are to columns of the run, and are made in either case.
    """

    reason: str
    instead: State | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """Not now: whoever asks may ask again after so many seconds."""

    seconds: int
    reason: str


@dataclass(frozen=True)
class Abort:
    """Not at all: whoever asks is to leave the run alone."""

    reason: str


Verdict = Reject | Wait | Abort


class Transition(ABC):
    """A run on its way to another state.

    Rules may amend the proposed state and note changes to columns of the run. These, and what they leave to be done
    `afterwards`, count only if the run does enter a state of the type that was asked for.
    """

    runs: ClassVar[sa.Table]
    states: ClassVar[sa.Table]
    needs: ClassVar[tuple[str, ...]]  # the columns of `runs` that rules look at, besides those that all runs have
    owner: ClassVar[str]  # the column of `states` that names the run

    def __init__(self, tx: Transaction, run: sa.Row[Any], proposed: State, settings: TaskSettings) -> None:
        self.tx = tx
        self.run = run
        self.initial = state_of(run)
        self.proposed: State | None = proposed
        self.settings = settings
        self.status = SetStateStatus.ACCEPT
        self.details: Details = StateAcceptDetails()
        self.changes: dict[str, Any] = {}
        self.afterwards: list[Callable[[], Awaitable[None]]] = []

    @abstractmethod
    def label(self, details: StateDetails) -> None:
        """Writes into the details of a state whose state it is."""

    @abstractmethod
    def count(self, state: State) -> None:
        """Notes what changes about the run with a new state, besides its clocks."""

    @property
    def initial_type(self) -> StateType | None:
        return None if self.initial is None else self.initial.type

    @property
    def proposed_type(self) -> StateType | None:
        return None if self.proposed is None else self.proposed.type

    def now_of(self, column: str) -> Any:
        """The value of a column of the run, as far as rules have got."""
        return self.changes.get(column, getattr(self.run, column))

    @property
    def policy(self) -> dict[str, Any]:
        """The run's own policy, on retries above all."""
        policy: dict[str, Any] = load_json(self.now_of("empirical_policy"))
        return policy

    def policy_with(self, **values: Any) -> dict[str, Any]:
        """A change of the run's own policy."""
        return {"empirical_policy": dump_json(self.policy | values)}

    def obey(self, verdict: Verdict) -> None:
        match verdict:
            case Reject(reason, instead, changes):
                self.status, self.details = SetStateStatus.REJECT, StateRejectDetails(reason=reason)
                self._replace(instead)
                self.changes |= changes
            case Wait(seconds, reason):
                self.status, self.details = SetStateStatus.WAIT, StateWaitDetails(delay_seconds=seconds, reason=reason)
                self._replace(None)
            case Abort(reason):
                self.status, self.details = SetStateStatus.ABORT, StateAbortDetails(reason=reason)
                self._replace(None)
            case _:
                assert_never(verdict)

    def _replace(self, state: State | None) -> None:
        if state is None or state.type is not self.proposed_type:
            self.changes.clear()
            self.afterwards.clear()
        self.proposed = state


T = TypeVar("T", bound=Transition)
T_contra = TypeVar("T_contra", bound=Transition, contravariant=True)


@dataclass(frozen=True)
class Rule(Generic[T_contra]):
    """Who decides on transitions from states of some types to states of some types."""

    decide: Callable[[T_contra], Awaitable[Verdict | None]]
    source: Types
    target: Types

    @property
    def name(self) -> str:
        return self.decide.__name__

    def governs(self, source: StateType | None, target: StateType | None) -> bool:
        return source in self.source and target in self.target


@dataclass(frozen=True)
class Policy(Generic[T_contra]):
    """Rules in the order in which they are asked, and what follows from any new state."""

    rules: tuple[Rule[T_contra], ...] = ()
    effects: tuple[Callable[[T_contra, State], Awaitable[None]], ...] = ()


def new_state(kind: StateType, name: str | None = None, **fields: Any) -> State:
    """A state that a run is to enter now."""
    return State(id=uuid7(), type=kind, name=name, **fields)


def proposed_by(body: StateCreate) -> State:
    """The state that a request proposes. The request stays as it is, for it may be about many runs."""
    return new_state(
        body.type,
        body.name,
        message=body.message,
        data=body.data,
        state_details=body.state_details.model_copy(),
    )


async def locked(tx: Transaction, kind: type[Transition], run_id: UUID) -> sa.Row[Any] | None:
    """The run, held until the end of the transaction, so that transitions of one run follow each other."""
    run = sa.select(*(kind.runs.c[name] for name in (*NEEDED, *kind.needs))).where(kind.runs.c.id == run_id)
    return await tx.first(run.with_for_update(key_share=True))


async def carry_out(transition: T, policy: Policy[T]) -> OrchestrationResult:
    """Asks the rules, and writes what becomes of the transition."""
    source, target = transition.initial_type, transition.proposed_type
    for rule in policy.rules:
        if rule.governs(source, target) and transition.proposed_type is target:
            verdict = await rule.decide(transition)
            if verdict is not None:
                transition.obey(verdict)
    state = transition.proposed
    if state is None:
        return OrchestrationResult.of(transition.initial, transition.status, transition.details, is_new=False)
    await _enter(transition, state)
    for effect in policy.effects:
        await effect(transition, state)
    return OrchestrationResult.of(state, transition.status, transition.details, is_new=True)


async def _enter(transition: Transition, state: State) -> None:
    """Writes the state, and the run that is now in it."""
    transition.label(state.state_details)
    if isinstance(state.data, dict) and not is_unpersisted(state.data):
        state.data = {key: value for key, value in state.data.items() if key not in HOW_TO_SHOW}
    row = await _insert(transition, state)
    transition.count(state)
    transition.changes |= clocks(transition.run, transition.initial, state)
    for action in transition.afterwards:
        await action()
    runs = transition.runs
    changed = sa.update(runs).where(runs.c.id == transition.run.id).values(**on_run(row), **transition.changes)
    await transition.tx.execute(changed)


async def _insert(transition: Transition, state: State) -> dict[str, Any]:
    """Writes the state, which begins now, and after the one before it whatever the clocks say."""
    state.timestamp = utc_now()
    if transition.initial is not None:
        state.timestamp = max(state.timestamp, transition.initial.timestamp + MICROSECOND)
    row = state_row(state)
    await transition.tx.execute(sa.insert(transition.states).values(**row, **{transition.owner: transition.run.id}))
    return row
