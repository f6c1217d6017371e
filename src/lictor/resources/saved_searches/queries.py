"""Statements on saved searches."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from lictor.db.base import utc_now
from lictor.db.functions import Statement, insert_or_change
from lictor.db.row_serializer import RowSerializer
from lictor.db.types import dump_json
from lictor.query.cursor import ListQuery
from lictor.query.resource_query import Order, ResourceQuery
from lictor.resources.saved_searches.schemas import SavedSearchCreate
from lictor.resources.saved_searches.table import saved_search

SAVED_SEARCH = RowSerializer(
    {
        "id": saved_search.c.id,
        "created": saved_search.c.created,
        "updated": saved_search.c.updated,
        "name": saved_search.c.name,
        "filters": saved_search.c.filters,
    }
)


class SavedSearchSort(StrEnum):
    """The one order in which saved searches are listed."""

    NAME_ASC = "NAME_ASC"


SAVED_SEARCHES = ResourceQuery(
    "saved_searches", saved_search, (), {SavedSearchSort.NAME_ASC: Order(saved_search.c.name)}
)


_ROWS = SAVED_SEARCH.select().select_from(saved_search)


def saved_search_list() -> ListQuery:
    """All saved searches by name."""
    return ListQuery(SAVED_SEARCHES, SAVED_SEARCH, _ROWS, {}, SavedSearchSort.NAME_ASC)


def saved_search_by_id(id: UUID) -> Statement:
    """One saved search."""
    return SAVED_SEARCH.select().where(saved_search.c.id == id)


def saved_search_by_name(name: str) -> Statement:
    """The saved search of this name."""
    return SAVED_SEARCH.select().where(saved_search.c.name == name)


def save_search(id: UUID, body: SavedSearchCreate) -> sa.Insert:
    """A new saved search, or new filters for the one that has its name."""
    now = utc_now()
    changes = {"filters": dump_json([each.model_dump() for each in body.filters]), "updated": now}
    row = {"id": id, "created": now, "name": body.name, **changes}
    return insert_or_change(saved_search, row, "name", changes=changes)


def delete_saved_search(id: UUID) -> sa.Delete:
    """Deletes a saved search."""
    return sa.delete(saved_search).where(saved_search.c.id == id)
