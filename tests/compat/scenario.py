"""A sequence of writes told to two servers at once, whose answers must be equal up to ids and clock.

Each server gives its own ids. What one calls A the other calls B; from the first answer on, A must always be B.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import pytest

from lictor.http.echo import cut
from tests.compatibility_page import WORKS, of_request

from .asking import Answer, Pair, Question
from .compare import settled
from .conftest import SUBJECT

Json = Any

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
TOKEN = re.compile(r"[0-9a-f]{64}")
PAGE = re.compile(r"http://127\.0\.0\.1:\d+/api/events/filter/next\?page-token=\S+")
SLUG = re.compile(r"[a-z]+-[a-z]+")
CLOCK_FIELDS = {
    "estimated_run_time",
    "estimated_start_time_delta",
    "total_run_time",
    "delay_seconds",
    "duration",
    "lateness",
}
CLOCK_SECONDS = 20.0


HIDDEN = "********"
"""What Lictor says in place of a value that may be a secret."""


@dataclass
class Scenario:
    pair: Pair
    names: dict[str, tuple[Json, Json]] = field(default_factory=dict)
    same_id: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    async def post(self, path: str, body: Json = None, **options: Json) -> Json:
        return await self.step("POST", path, body, **options)

    async def get(self, path: str, **options: Json) -> Json:
        return await self.step("GET", path, **options)

    async def patch(self, path: str, body: Json = None, **options: Json) -> Json:
        return await self.step("PATCH", path, body, **options)

    async def delete(self, path: str, **options: Json) -> Json:
        return await self.step("DELETE", path, **options)

    async def step(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        saved: str | None = None,
        field: str = "id",
        headers: dict[str, str] | None = None,
        unlike: tuple[int, str] | None = None,
        by: str | None = None,
    ) -> Json:
        """Ask both, compare, and return the oracle's answer.

        `{name}` in path or body stands for what each server called it: `saved` names the id, or another `field`, of
        this answer. `unlike` is for a step that Prefect gets wrong: the status due instead, and why. Prefect's answer
        must then differ, unless Prefect is its own subject, and docs/compatibility.md must say so of the route. A list that Prefect gives in any order is compared `by` a
        field of its objects.
        """
        questions = [
            Question(
                _filled(path, self.names, side),
                _filled(body, self.names, side),
                method,
                headers=_filled(headers or {}, self.names, side),
            )
            for side in (0, 1)
        ]
        oracle, subject = await self.pair.ask_each(*questions)
        if by is not None:
            oracle, subject = _in_order(oracle, by), _in_order(subject, by)
        oracle = _hidden_alike(oracle, subject)
        differences = list(self._answers_differ(oracle, _echoing(questions[1], subject)))
        if unlike is not None and SUBJECT != "prefect":
            status, reason = unlike
            if not differences:
                differences = [f"is no longer unlike: {reason}"]
            elif headers is None and of_request(method, questions[0].path) == WORKS:
                differences = ["differs, but docs/compatibility.md says that the route works as Prefect's"]
            elif subject.status == status:
                differences = []
        self.told += [f"{questions[0]}: {difference}" for difference in differences]
        if saved:
            self.names[saved] = _field(oracle, field), _field(subject, field)
            if None in self.names[saved]:
                pytest.fail("\n".join([*self.told, f"no {field} in {oracle} or {subject} for {saved}"]))
        return oracle.body

    def end(self) -> None:
        if self.told:
            pytest.fail("\n".join([f"{len(self.told)} differences", *(line[:700] for line in self.told)]))

    def _answers_differ(self, oracle: Answer, subject: Answer) -> Iterator[str]:
        if oracle.status != subject.status:
            yield f"status {oracle.status} became {subject.status}: {oracle.body!s:.300} became {subject.body!s:.300}"
        elif not _names_what_is_missing(oracle, subject):
            yield from self._differ("", _refusal(oracle), _refusal(subject))

    def _differ(self, where: str, oracle: Json, subject: Json) -> Iterator[str]:
        if type(oracle) is not type(subject):
            yield f"{where}: {oracle!r} became {subject!r}"
        elif isinstance(oracle, dict):
            oracle = {self._same_key(key): value for key, value in oracle.items()}
            if oracle.keys() != subject.keys():
                yield f"{where}: {sorted(oracle)} became {sorted(subject)}"
            for name in oracle.keys() & subject.keys():
                yield from self._differ(f"{where}.{name}", oracle[name], subject[name])
        elif isinstance(oracle, list):
            if len(oracle) != len(subject):
                yield f"{where}: {oracle!r} became {subject!r}"
            for number, (theirs, ours) in enumerate(zip(oracle, subject, strict=False)):
                yield from self._differ(f"{where}[{number}]", theirs, ours)
        elif not (
            self._same_text(oracle, subject) if isinstance(oracle, str) else _same_number(where, oracle, subject)
        ):
            yield f"{where}: {oracle!r} became {subject!r}"

    def _same_text(self, oracle: str, subject: str) -> bool:
        if oracle == subject:
            return True
        if any(pattern.fullmatch(oracle) and pattern.fullmatch(subject) for pattern in (SLUG, TOKEN, PAGE)):
            return True
        if MOMENT.sub("", ID.sub("", oracle)) != MOMENT.sub("", ID.sub("", subject)):
            return False
        ids = zip(ID.findall(oracle), ID.findall(subject), strict=True)
        moments = zip(MOMENT.findall(oracle), MOMENT.findall(subject), strict=True)
        return all(self._same_id(*each) for each in ids) and all(_same_moment(*each) for each in moments)

    def _same_key(self, key: str) -> str:
        """What the subject calls the key of an object, if that is an id which is known already."""
        return self.same_id.get(key, key)

    def _same_id(self, oracle: str, subject: str) -> bool:
        return self.same_id.setdefault(oracle, subject) == subject and len(set(self.same_id.values())) == len(
            self.same_id
        )


def _refusal(answer: Answer) -> Json:
    """The body to compare, less what it says was sent: `_echoing` checks that, since Prefect puts defaults into it."""
    body = settled(answer.body)
    return {**body, "request_body": None} if isinstance(body, dict) and "request_body" in body else body


def _in_order(answer: Answer, field: str) -> Answer:
    body = answer.body
    return Answer(answer.status, sorted(body, key=itemgetter(field)) if isinstance(body, list) else body)


def _hidden_alike(oracle: Answer, subject: Answer) -> Answer:
    """The oracle's refusal, cut as Lictor cuts its own, and without what it hides of requests that may hold secrets."""
    if subject.status != 422 or not isinstance(oracle.body, dict) or not isinstance(subject.body, dict):
        return oracle
    body = {**oracle.body, **{name: cut(oracle.body[name]) for name in ("request_body",) if name in oracle.body}}
    if isinstance(body.get("exception_detail"), list):
        body["exception_detail"] = [
            {**each, "input": cut(each["input"])} if "input" in each else each for each in body["exception_detail"]
        ]
    if subject.body.get("request_body") == HIDDEN and body.get("request_body") is not None:
        body["request_body"] = HIDDEN
    ours, theirs = subject.body.get("exception_detail"), body.get("exception_detail")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        body["exception_detail"] = [
            {**their, "input": HIDDEN} if our.get("input") == HIDDEN and their.get("input") is not None else their
            for our, their in zip(ours, theirs, strict=True)
        ]
    return Answer(oracle.status, body)


def _echoing(question: Question, answer: Answer) -> Answer:
    if isinstance(answer.body, dict) and answer.body.get("request_body", question.body) not in (
        question.body,
        cut(question.body),
        HIDDEN,
    ):
        return Answer(answer.status, {**answer.body, "echo of the request": "wrong"})
    return answer


def _names_what_is_missing(oracle: Answer, subject: Answer) -> bool:
    """Where Prefect tells of a conflict in the database, Lictor may say which field it is about."""
    return oracle.status == 409 and "integrity conflict" in str(oracle.body) and list(subject.body) == ["detail"]


def _field(answer: Answer, name: str) -> Json:
    body = answer.body[0] if isinstance(answer.body, list) and len(answer.body) == 1 else answer.body
    return body.get(name) if isinstance(body, dict) else None


def _filled(value: Json, names: dict[str, tuple[Json, Json]], side: int) -> Json:
    if isinstance(value, dict):
        return {_filled(key, names, side): _filled(each, names, side) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, names, side) for each in value]
    if isinstance(value, str):
        for name, both in names.items():
            value = value.replace(f"{{{name}}}", str(both[side]))
    return value


def _same_moment(oracle: str, subject: str) -> bool:
    """Both servers' clocks are one; a moment may differ only by what lies between their answers."""
    apart = datetime.fromisoformat(oracle) - datetime.fromisoformat(subject)
    return abs(apart.total_seconds()) < CLOCK_SECONDS


def _same_number(where: str, oracle: Json, subject: Json) -> bool:
    if oracle == subject:
        return True
    return where.rpartition(".")[2] in CLOCK_FIELDS and math.isclose(oracle, subject, abs_tol=CLOCK_SECONDS)


def soon(seconds: float) -> str:
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds, UTC).isoformat()
