import { flexRender, getCoreRowModel, useReactTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { Kind, Run } from "@/api/runs";
import { classes } from "@/lib/format";
import { useNarrow } from "@/lib/hooks";
import { Origin, RunLink, Started } from "@/parts/run-cells";
import { StateBadge } from "@/parts/state";
import { Took } from "@/parts/when";
import { COLUMNS } from "./columns";

const ROW_PX = 32;
const NARROW_ROW_PX = 52;
const ROWS_AHEAD = 30;

interface Props {
  kind: Kind;
  rows: Run[];
  columns: string[];
  chosen: ReadonlySet<string>;
  onChoose: (id: string, on: boolean) => void;
  onChooseAll: (on: boolean) => void;
  hasMore: boolean;
  onMore: () => void;
}

function NarrowRow({ run }: { run: Run }) {
  return (
    <div className="min-w-0 flex-1">
      <div className="flex items-center gap-2">
        <RunLink run={run} />
        <StateBadge type={run.state_type} name={run.state_name} className="ml-auto shrink-0" />
      </div>
      <div className="flex items-center gap-2 text-xs">
        <Origin run={run} />
        <span className="ml-auto shrink-0 text-muted">
          <Started run={run} /> · <Took run={run} />
        </span>
      </div>
    </div>
  );
}

/** An endless list: as many rows are drawn as are seen, and the next page is fetched before the last is reached. */
export function RunsTable({ kind, rows, columns, chosen, onChoose, onChooseAll, hasMore, onMore }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const visibility = Object.fromEntries(COLUMNS[kind].map(({ id }) => [id as string, columns.includes(id as string)]));
  const table = useReactTable({
    data: rows,
    columns: COLUMNS[kind],
    getRowId: (run) => run.id,
    getCoreRowModel: getCoreRowModel(),
    state: { columnVisibility: visibility },
  });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? NARROW_ROW_PX : ROW_PX),
    overscan: 12,
  });
  useEffect(() => virtual.measure(), [narrow, virtual]);

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && rows.length > 0 && last >= rows.length - ROWS_AHEAD) onMore();
  }, [hasMore, last, rows.length, onMore]);

  const leaves = table.getVisibleLeafColumns();
  const template = `28px ${leaves.map((each) => each.columnDef.meta?.width ?? "1fr").join(" ")}`;
  const grid = { gridTemplateColumns: template };
  const allChosen = rows.length > 0 && chosen.size === rows.length;
  const all = table.getRowModel().rows;

  return (
    <div ref={scroller} role="table" aria-label="Runs" aria-rowcount={hasMore ? -1 : rows.length + 1} className="min-h-0 flex-1 overflow-auto" tabIndex={0}>
      <div role="row" className="sticky top-0 z-10 flex h-7 min-w-full items-center border-b border-line bg-surface px-3 text-xs text-muted nav:min-w-[900px]" >
        <div className={narrow ? "flex flex-1 items-center gap-3" : "grid flex-1 items-center gap-3"} style={narrow ? undefined : grid}>
          <span role="columnheader">
            <input type="checkbox" aria-label="Choose all rows shown" checked={allChosen} onChange={(event) => onChooseAll(event.target.checked)} />
          </span>
          {!narrow &&
            table.getFlatHeaders().map((header) => (
              <span key={header.id} role="columnheader" className={classes("truncate", header.column.columnDef.meta?.right && "text-right")}>
                {flexRender(header.column.columnDef.header, header.getContext())}
              </span>
            ))}
        </div>
      </div>
      <div role="rowgroup" className="relative min-w-full nav:min-w-[900px]" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start, size }) => {
          const row = all[index];
          if (!row) return null;
          return (
            <div
              key={row.id}
              role="row"
              aria-rowindex={index + 2}
              data-run={row.id}
              className="absolute inset-x-0 flex items-center border-b border-line px-3 text-sm hover:bg-hover"
              style={{ transform: `translateY(${start}px)`, height: size }}
              onKeyDown={(event) => event.key === "x" && onChoose(row.id, !chosen.has(row.id))}
            >
              <div className={narrow ? "flex min-w-0 flex-1 items-center gap-3" : "grid min-w-0 flex-1 items-center gap-3"} style={narrow ? undefined : grid}>
                <span role="cell" className="leading-none">
                  <input type="checkbox" aria-label={`Choose ${row.original.name}`} checked={chosen.has(row.id)} onChange={(event) => onChoose(row.id, event.target.checked)} />
                </span>
                {narrow ? (
                  <div role="cell" className="min-w-0 flex-1">
                    <NarrowRow run={row.original} />
                  </div>
                ) : (
                  row.getVisibleCells().map((each) => (
                    <span key={each.id} role="cell" className={classes("flex min-w-0 items-center overflow-hidden whitespace-nowrap", each.column.columnDef.meta?.right && "justify-end")}>
                      {flexRender(each.column.columnDef.cell, each.getContext())}
                    </span>
                  ))
                )}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
