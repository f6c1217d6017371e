"""What can be asked of logs."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from lictor.db.functions import contains
from lictor.query.criteria import Condition, Filter, column, custom
from lictor.query.operators import Clause
from lictor.resources.logs.rows import StoredLog
from lictor.resources.logs.table import log
from lictor.resources.logs.text_search import TextSearch

MAX_QUERY_CHARACTERS = 200


def _finds(query: str) -> Clause:
    search = TextSearch.read(query)
    text = log.c.message + " " + log.c.name
    asked = [contains(text, each) for each in search.all_of]
    asked += [sa.not_(contains(text, each)) for each in search.none_of]
    if search.any_of:
        asked.append(sa.or_(*(contains(text, each) for each in search.any_of)))
    return sa.and_(sa.true(), *asked)


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
            holds=_found_in,
        ),
    )
