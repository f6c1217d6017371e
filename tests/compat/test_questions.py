"""Both servers answer every question about the same rows alike: each criterion and operator alone, and random trees."""

import random

import pytest

from .asking import Pair, Question
from .compare import differences
from .databases import Databases
from .rows import OPERATOR_VALUES, VALUES, Rows
from .trees import Trees, each_alone, smallest
from .vocabulary import Vocabulary

TREES = 1000
"""On each database, other ones."""

SEED = 20240229
REPORTED = 5


def test_values_cover_every_criterion(vocabulary: Vocabulary) -> None:
    families = {family for route in vocabulary.routes.values() for family in route.families.values()}
    criteria = {criterion.component for family in families for criterion in vocabulary.criteria(family)}
    assert criteria == VALUES.keys() | {component for component, _ in OPERATOR_VALUES}


async def test_each_criterion_alone(readers: Pair, vocabulary: Vocabulary, rows: Rows) -> None:
    await _answer_alike(readers, rows, list(each_alone(vocabulary, rows, random.Random(SEED))))


async def test_random_trees(readers: Pair, vocabulary: Vocabulary, rows: Rows, databases: Databases) -> None:
    on_sqlite = databases.kind == "sqlite"
    trees = Trees(vocabulary, rows, SEED + on_sqlite, fine_history=not on_sqlite)
    await _answer_alike(readers, rows, [trees.question() for _ in range(TREES)])


async def _answer_alike(pair: Pair, rows: Rows, questions: list[Question]) -> None:
    def differ(asked: tuple) -> list[str]:
        return differences(*asked, known=rows.by_id)

    answered = await pair.ask_all(questions)
    refused = [(question, oracle) for question, oracle, _ in answered if oracle.status != 200]
    assert not refused, f"the oracle refused {len(refused)}, first {refused[0]}"
    told = sum(bool(oracle.body) for _, oracle, _ in answered)
    assert told > len(answered) / 2, f"only {told} of {len(answered)} answers say anything"

    differing = [question for question, *answers in answered if differ((question, *answers))]
    report = [f"{len(differing)} of {len(questions)} answers differ"]

    async def still_differs(question: Question) -> bool:
        return bool(differ((question, *await pair.ask(question))))

    for question in differing[:REPORTED]:
        least = await smallest(question, still_differs) if await still_differs(question) else question
        report += [f"\n{least}", *differ((least, *await pair.ask(least)))[:5]]
    if differing:
        pytest.fail("\n".join(report))
