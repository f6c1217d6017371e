"""What can be asked of logs."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from lictor.db.functions import contains
from lictor.query.binds import Bind
from lictor.query.criteria import Condition, Filter, column, custom
from lictor.query.operators import Clause
from lictor.resources.logs.rows import StoredLog
from lictor.resources.logs.table import log
from lictor.resources.logs.text_search import TextSearch

MAX_QUERY_CHARACTERS = 200
KINDS = ("all_of", "none_of", "any_of")


def _numbers_of_texts(query: str) -> tuple[int, ...]:
    search = TextSearch.read(query)
    return len(search.all_of), len(search.none_of), len(search.any_of)


def _finds(query: Bind) -> Clause:
    text = log.c.message + " " + log.c.name

    counts = query.form
    assert isinstance(counts, tuple)

    def holds(kind: str, number: int) -> Clause:
        return contains(text, query(sa.Text(), lambda query: getattr(TextSearch.read(query), kind)[number]))

    all_of, none_of, any_of = (
        [holds(kind, n) for n in range(count)] for kind, count in zip(KINDS, counts, strict=True)
    )
    barred = [sa.not_(each) for each in none_of]
    return sa.and_(sa.true(), *all_of, *barred, *([sa.or_(*any_of)] if any_of else ()))


def _found_in(log: StoredLog, query: str) -> bool:
    search = TextSearch.read(query)
    text = f"{log.message} {log.name}".lower()
    found = [each.lower() in text for each in search.any_of]
    return (
        (any(found) or not found)
        and all(each.lower() in text for each in search.all_of)
        and not any(each.lower() in text for each in search.none_of)
    )


class LogFilter(Filter):
    """What to ask of logs."""

    level = column(log.c.level, "ge_", "le_")
    timestamp = column(log.c.timestamp, "before_", "after_")
    flow_run_id = column(log.c.flow_run_id, "any_")
    task_run_id = column(log.c.task_run_id, "any_", "is_null_")
    text = custom(
        name="LogFilterTextSearch",
        query=Condition(
            Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS)],
            _finds,
            "of the message and the logger's name holds one of these words; words with + all must be there,"
            ' none with - or ! may be; "words in quotes" are one',
            required=True,
            matches=_found_in,
            form=_numbers_of_texts,
        ),
    )
