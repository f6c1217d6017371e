"""Sums over a table's rows by minute, kept exact by triggers.

A day is then read from some thousand rows, however many rows the table has. A minute that a query takes a part of is read
from the table itself.

As with a `GroupedCounter`, triggers of the database keep the counters, in the transactions that write the rows: on SQLite as one
row for each key; on PostgreSQL, where writers must not wait for each other, as differences, which are folded now and
then: a statement in a few hundred takes all that were added since, with what is there of the same keys. Rows that come
in together for many minutes, as an import brings them, leave nothing to fold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from lictor.db.derived_table import DerivedTable
from lictor.db.functions import Statement, among_moments, minute_of, moments, moments_called, per_dialect, stretches
from lictor.db.types import FIRST_MOMENT, Timestamp

MINUTE = timedelta(minutes=1)

POSTGRESQL_FUNCTION = """
CREATE FUNCTION {counters}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added integer;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO {counters} ({columns}, folded)
        SELECT {key}, {totals}, count(*) OVER () > 100 FROM ({arrived}) AS changed GROUP BY {key};
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO {counters} ({columns}) SELECT {key}, {less} FROM ({gone}) AS changed GROUP BY {key};
    ELSE
        INSERT INTO {counters} ({columns}) SELECT {key}, {totals} FROM (
            {arrived} UNION ALL SELECT {key}, {negated} FROM ({gone}) AS gone
        ) AS changed GROUP BY {key} HAVING {differs};
    END IF;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF random() * 500 < added THEN
        WITH folded AS (
            DELETE FROM {counters} WHERE ctid = ANY (ARRAY(
                SELECT there.ctid FROM {counters} AS there
                JOIN (SELECT DISTINCT {key} FROM {counters} WHERE NOT folded) AS fresh USING ({key})
                FOR UPDATE OF there SKIP LOCKED
            )) RETURNING *
        )
        INSERT INTO {counters} ({columns}, folded)
        SELECT {key}, {totals}, true FROM folded GROUP BY {key} HAVING {differs};
    END IF;
    RETURN NULL;
END $$
"""
POSTGRESQL_TRIGGERS = tuple(
    f"CREATE TRIGGER {{counters}}_{kind} AFTER {kind.upper()} ON {{table}} REFERENCING {transition}"
    " FOR EACH STATEMENT EXECUTE FUNCTION {counters}_keep()"
    for kind, transition in (
        ("insert", "NEW TABLE AS arrived"),
        ("delete", "OLD TABLE AS gone"),
        ("update", "OLD TABLE AS gone NEW TABLE AS arrived"),
    )
)
_SQLITE_ARRIVES = "INSERT INTO {counters} ({columns}) {arrived} ON CONFLICT ({key}) DO UPDATE SET {added};"
_SQLITE_GOES = (
    "INSERT INTO {counters} ({columns}) SELECT {key}, {negated} FROM ({gone}) WHERE true"
    " ON CONFLICT ({key}) DO UPDATE SET {added};"
    " DELETE FROM {counters} WHERE ({key}) IN (SELECT {key} FROM ({gone})) AND count = 0;"
)
SQLITE_TRIGGERS = (
    f"CREATE TRIGGER {{counters}}_insert AFTER INSERT ON {{table}} WHEN {{new_counts}} BEGIN {_SQLITE_ARRIVES} END",
    f"CREATE TRIGGER {{counters}}_delete AFTER DELETE ON {{table}} WHEN {{old_counts}} BEGIN {_SQLITE_GOES} END",
    (
        "CREATE TRIGGER {counters}_update AFTER UPDATE OF {sources} ON {table}"
        " WHEN ({old_counts} OR {new_counts}) AND ({changes})"
        f" BEGIN {_SQLITE_GOES} {_SQLITE_ARRIVES} END"
    ),
)


@dataclass(frozen=True, eq=False)
class MinuteRollup(DerivedTable):
    """The counters by the minute of one column and by `keys`: how many rows there are, and the `sums` of expressions.

    Rows count that have the moment and meet the condition `of`. Keys are texts; one that is null counts as an empty
    one.
    """

    moment: sa.Column[Any]
    keys: tuple[sa.Column[Any], ...]
    sums: Mapping[str, sa.ColumnElement[int]]
    of: sa.ColumnElement[bool]
    table: sa.Table

    @classmethod
    def by(
        cls,
        moment: sa.Column[Any],
        *keys: sa.Column[Any],
        name: str,
        of: sa.ColumnElement[bool],
        **sums: sa.ColumnElement[int],
    ) -> "MinuteRollup":
        """Keeps counters from now on; their table and the triggers are made with the other tables."""
        table = sa.Table(
            f"{moment.table.name}_{name}_tally",
            moment.table.metadata,
            sa.Column("minute", Timestamp, nullable=False),
            *(sa.Column(key.name, sa.Text, nullable=False) for key in keys),
            sa.Column("count", sa.BigInteger, nullable=False),
            # Without bounds, as no row may be refused because of what others in its minute add up to.
            *(sa.Column(name, sa.Numeric, nullable=False) for name in sums),
            sa.Column("folded", sa.Boolean, nullable=False, server_default=sa.false()),
            sqlite_with_rowid=False,
        )
        unique = sa.PrimaryKeyConstraint("minute", *(key.name for key in keys))
        table.append_constraint(unique.ddl_if(dialect="sqlite"))
        sa.Index(None, table.c.minute).ddl_if(dialect="postgresql")
        fresh = sa.not_(table.c.folded)
        sa.Index(f"ix_{table.name}__fresh", table.c.minute, postgresql_where=fresh).ddl_if(dialect="postgresql")
        rollup = cls(moment, keys, sums, of, table)
        rollup.make_with_source()
        return rollup

    @property
    def source(self) -> sa.Table:
        return self.moment.table

    @property
    def title(self) -> str:
        return f"{self.source.name} by the minute of {self.moment.name}"

    def ddl(self, dialect: sa.Dialect) -> list[str]:
        table = self.source.name
        rows, counts = (
            " ".join(str(clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).split())
            for clause in (self.rows(), self._counts)
        )
        values = ["count", *self.sums]
        key = ["minute", *(key.name for key in self.keys)]
        sources = [column.name for column in self._sources]
        names = {
            "counters": self.table.name,
            "table": table,
            "key": ", ".join(key),
            "columns": ", ".join([*key, *values]),
            "totals": ", ".join(f"sum({value})" for value in values),
            "less": ", ".join(f"-sum({value})" for value in values),
            "negated": ", ".join(f"-{value}" for value in values),
            "differs": " OR ".join(f"sum({value}) <> 0" for value in values),
            "added": ", ".join(f"{value} = {value} + excluded.{value}" for value in values),
            "sources": ", ".join(sources),
            "changes": " OR ".join(f"OLD.{source} IS NOT NEW.{source}" for source in sources),
        }
        if dialect.name == "postgresql":
            arrived, gone = (rows.replace(f" FROM {table}", f" FROM {of} AS {table}") for of in ("arrived", "gone"))
            return [
                part.format(arrived=arrived, gone=gone, **names) for part in (POSTGRESQL_FUNCTION, *POSTGRESQL_TRIGGERS)
            ]
        new, old = (
            [clause.replace(f" FROM {table}", "").replace(f"{table}.", f"{of}.") for clause in (rows, counts)]
            for of in ("NEW", "OLD")
        )
        given = {"arrived": new[0], "new_counts": new[1], "gone": old[0], "old_counts": old[1]}
        return [part.format(**given, **names) for part in SQLITE_TRIGGERS]

    @property
    def _counts(self) -> sa.ColumnElement[bool]:
        return sa.and_(self.moment.is_not(None), self.of)

    @cached_property
    def _sources(self) -> list[sa.Column[Any]]:
        """The columns that the counters depend on."""
        clauses = [self.moment, *self.keys, self.of, *self.sums.values()]
        met = {element for clause in clauses for element in sa.sql.visitors.iterate(clause)}
        return [column for column in self.moment.table.c if column in met]

    def rows(self, moment: sa.ColumnElement[Any] | None = None) -> Statement:
        """The rows that count, each as a figure of its own; with another moment for its minute if one is given."""
        return sa.select(
            (minute_of(self.moment) if moment is None else moment).label("minute"),
            *(sa.func.coalesce(key, "").label(key.name) for key in self.keys),
            sa.literal_column("1", sa.BigInteger).label("count"),
            *(value.label(name) for name, value in self.sums.items()),
        ).where(self._counts)

    def between(self, start: sa.ColumnElement[Any], end: sa.ColumnElement[Any], *, in_parts: bool) -> list[Statement]:
        """Figures of the time from a start to before an end: statements that are to be united.

        `minute` is some moment of the interval that the figure belongs to. Whether there are minutes that an interval
        has but a part of, and what the parameters hold, says `parts`.
        """
        minute = self.table.c.minute
        kept = [column for column in self.table.c if column.name not in ("minute", "folded")]
        whole: Statement = sa.select(minute, *kept).where(minute >= start, minute < end)
        if not in_parts:
            return [whole]
        moved = moments(moments_called("moved"))
        of_most = sa.select(moved.c.moment, *kept).join_from(moved, self.table, minute == minute_of(moved.c.moment))
        part = self._parts().cte("part")
        values = [part.c[name] for name in ("count", *self.sums)]
        counted, rest = (
            sa.select(moment, *(part.c[key.name] for key in self.keys), *counters)
            for moment, counters in ((part.c.minute, values), (part.c.rest, [-value for value in values]))
        )
        others = whole.where(sa.not_(among_moments(minute, moments_called("cut"))))
        return [others, of_most, counted, rest.where(part.c.rest != part.c.minute)]

    def _parts(self) -> Statement:
        """Figures of parts of minutes, from the rows."""
        stretch = stretches(*map(moments_called, ("firsts", "pasts", "rests")))
        rows = self.rows(stretch.c.first).where(self.moment >= stretch.c.first, self.moment < stretch.c.past)
        each = self._added_up(rows.correlate(stretch)).lateral("each_stretch")
        part = per_dialect(
            postgresql=sa.select(*each.c, stretch.c.rest).select_from(stretch.join(each, sa.true())),
            sqlite=rows.add_columns(stretch.c.rest).select_from(stretch.join(self.moment.table, sa.true())),
            name="part_of_minute",
        )
        return sa.select(*part.c)

    def stored(self) -> Statement:
        return self._added_up(sa.select(self.table))

    def expected(self) -> Statement:
        return self._added_up(self.rows())

    def rewritten(self) -> Statement:
        return self.expected().add_columns(sa.true().label("folded"))

    def _added_up(self, counters: Statement) -> Statement:
        each = counters.subquery("each_figure")
        key = [each.c.minute, *(each.c[key.name] for key in self.keys)]
        values = [sa.func.sum(each.c[name]).label(name) for name in ("count", *self.sums)]
        return (
            sa.select(*key, *values).group_by(*key).having(sa.or_(*(sa.func.sum(each.c[v.name]) != 0 for v in values)))
        )


def parts(start: datetime, end: datetime, edges: Iterable[datetime]) -> dict[str, list[datetime]]:
    """How to count minutes that are cut by the edges of what is asked between a start and an end; nothing if none are.

    `cut` has these minutes. The rows in some parts of them are counted, from `firsts` to before `pasts`. Where all parts
    of a minute are asked for, the longest is what the others leave of its figure: where that one begins, `moved` says,
    and for each of the others `rests`. What is no minute's other part has its own beginning there.
    """
    start = max(start, FIRST_MOMENT)
    bounds: dict[datetime, set[datetime]] = {}
    for edge in (start, end, *edges):
        if (edge.second or edge.microsecond) and start <= edge <= end:
            bounds.setdefault(edge.replace(second=0, microsecond=0), set()).add(edge)
    moved, stretches = [], []
    for minute, within in sorted(bounds.items()):
        past = end if end - minute < MINUTE else minute + MINUTE
        parts_of_minute = list(pairwise(sorted({max(minute, start), *within, past})))
        if minute < start or past - minute < MINUTE:
            stretches += [(first, past, first) for first, past in parts_of_minute]
        else:
            most, _ = longest = max(parts_of_minute, key=lambda part: part[1] - part[0])
            moved.append(most)
            stretches += [(*part, most) for part in parts_of_minute if part is not longest]
    if not bounds:
        return {}
    firsts, pasts, rests = map(list, zip(*stretches, strict=True)) if stretches else ([], [], [])
    return {"cut": sorted(bounds), "moved": moved, "firsts": firsts, "pasts": pasts, "rests": rests}
