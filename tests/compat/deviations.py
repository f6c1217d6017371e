"""Where Lictor answers otherwise on purpose: Prefect fails, or contradicts its own contract.

docs/compatibility.md tells users.
Each entry must be met: an entry that nothing needs any more fails the comparison.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .asking import Answer, Question

Differ = Callable[[Question, Answer, Answer], list[str]]


@dataclass(frozen=True)
class Deviation:
    """Questions like `pattern` (in the text of a question) are answered with `status`."""

    pattern: str
    status: int
    reason: str
    databases: tuple[str, ...] = ("sqlite", "postgresql")


def judge(
    answered: Iterable[tuple[Question, Answer, Answer]],
    differ: Differ,
    deviations: Iterable[Deviation],
    database: str,
    *,
    all_needed: bool = True,
) -> list[str]:
    """What is wrong: answers that differ without leave, and, if `all_needed`, deviations that nothing shows."""
    allowed = [deviation for deviation in deviations if database in deviation.databases]
    met: set[Deviation] = set()
    wrong: list[str] = []
    for question, oracle, subject in answered:
        found = differ(question, oracle, subject)
        if not found:
            continue
        deviation = next((each for each in allowed if re.search(each.pattern, str(question))), None)
        if deviation is None:
            wrong += [f"\n{_short(question)}", *found[:3]]
        elif subject.status != deviation.status:
            wrong += [
                f"\n{_short(question)}",
                f"{deviation.reason}: {deviation.status}, but not {subject.status}",
                _short(subject.body),
            ]
        else:
            met.add(deviation)
    if all_needed:
        wrong += [f"\nno longer a deviation: {each.pattern}" for each in allowed if each not in met]
    return wrong


def _short(value: Any) -> str:
    return str(value)[:600]
