"""What an import did, table by table."""

from dataclasses import dataclass, field
from uuid import UUID

NAMED = 3
"""Of how many rows with the same fate the ids are kept."""


@dataclass
class Cases:
    """How many rows one reason concerns, and the ids of the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, id: str) -> None:
        self.count += 1
        if len(self.first) < NAMED:
            self.first.append(id)


@dataclass
class TableReport:
    """What became of the rows of one table."""

    name: str
    in_source: int = 0
    new: int = 0
    updated: int = 0
    in_target: int = 0
    merged: int = 0
    left_out: dict[str, Cases] = field(default_factory=dict)
    """Rows that did not come over, by reason."""
    changed: dict[str, Cases] = field(default_factory=dict)
    """Rows that came over with something changed, by what was."""

    def leave_out(self, id: bytes | str, reason: str) -> None:
        self.left_out.setdefault(reason, Cases()).add(written(id))

    def change(self, id: bytes | str, remark: str) -> None:
        self.changed.setdefault(remark, Cases()).add(written(id))

    @property
    def written(self) -> int:
        return self.new + self.updated

    @property
    def without_place(self) -> int:
        return sum(cases.count for cases in self.left_out.values())

    @property
    def missing(self) -> int:
        """How many rows should be in the target and are not."""
        expected = self.in_source - self.merged - self.without_place
        return max(expected - self.in_target, 0)


@dataclass
class Report:
    """What became of a source."""

    tables: list[TableReport] = field(default_factory=list)
    without_room: dict[str, int] = field(default_factory=dict)
    """Tables of the source that Lictor has none for, with how many rows they hold."""

    def of(self, name: str) -> TableReport:
        return next(table for table in self.tables if table.name == name)

    @property
    def complete(self) -> bool:
        return not any(table.missing for table in self.tables)


def written(id: bytes | str) -> str:
    """An id as people write it."""
    return str(UUID(bytes=id)) if isinstance(id, bytes) and len(id) == 16 else str(id)
