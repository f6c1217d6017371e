import { createColumnHelper, type ColumnDef } from "@tanstack/react-table";
import type { Kind, NamedFlowRun, NamedTaskRun, Run } from "@/api/runs";
import { number } from "@/lib/format";
import { Origin, RunLink, Started, whyOf } from "@/parts/run-cells";
import { StateBadge } from "@/parts/state";
import { Moment, Took, When } from "@/parts/when";

/** What a column takes of the row: pixels, or a share of what is left. */
declare module "@tanstack/react-table" {
  // biome-ignore lint: the names of the type parameters are TanStack's
  interface ColumnMeta<TData, TValue> {
    width: string;
    right?: boolean;
  }
}

const column = createColumnHelper<Run>();

function cell(id: string, header: string, width: string, show: (run: Run) => React.ReactNode, right = false) {
  return column.display({ id, header, cell: ({ row }) => show(row.original), meta: { width, right } });
}

const Tags = ({ run }: { run: Run }) => (
  <span className="flex gap-1 overflow-hidden">
    {run.tags?.map((tag) => (
      <span key={tag} className="tag shrink-0">
        {tag}
      </span>
    ))}
  </span>
);

const COMMON: ColumnDef<Run, unknown>[] = [
  cell("state", "State", "120px", (run) => <StateBadge type={run.state_type} name={run.state_name} />),
  cell("run", "Run", "minmax(140px, 1.2fr)", (run) => <RunLink run={run} />),
  cell("origin", "Flow / deployment", "minmax(140px, 1.4fr)", (run) => <Origin run={run} />),
  cell("started", "Started", "104px", (run) => <Started run={run} />),
  cell("took", "Took", "84px", (run) => <Took run={run} />, true),
  cell("message", "Why / message", "minmax(120px, 1.6fr)", (run) => (
    <span className="truncate text-muted" title={run.state?.message ?? undefined}>
      {whyOf(run)}
    </span>
  )),
  cell("tags", "Tags", "minmax(80px, 0.9fr)", (run) => <Tags run={run} />),
  cell("start_time", "Start time", "150px", (run) => <Moment at={run.start_time} />),
  cell("end_time", "Ended", "104px", (run) => <When at={run.end_time} />),
  cell("expected", "Due", "104px", (run) => <When at={run.expected_start_time} />),
  cell("created", "Created", "104px", (run) => <When at={run.created} />),
  cell("run_count", "Attempts", "72px", (run) => number(run.run_count ?? 0), true),
  cell("id", "Id", "290px", (run) => <code className="truncate font-mono text-xs text-muted">{run.id}</code>),
];

const FLOW_RUN_ONLY: ColumnDef<Run, unknown>[] = [
  cell("tasks", "Tasks", "64px", (run) => number((run as NamedFlowRun).task_run_count ?? 0), true),
  cell("pool", "Work pool", "120px", (run) => <span className="truncate text-muted">{(run as NamedFlowRun).work_pool_name}</span>),
  cell("created_by", "By", "120px", (run) => <span className="truncate text-muted">{(run as NamedFlowRun).created_by?.type?.toLowerCase()}</span>),
];

const TASK_RUN_ONLY: ColumnDef<Run, unknown>[] = [
  cell("task_key", "Task", "160px", (run) => <code className="truncate font-mono text-xs text-muted">{(run as NamedTaskRun).task_key}</code>),
];

export const COLUMNS: Record<Kind, ColumnDef<Run, unknown>[]> = {
  flow_runs: [...COMMON.slice(0, 5), ...FLOW_RUN_ONLY.slice(0, 1), ...COMMON.slice(5), ...FLOW_RUN_ONLY.slice(1)],
  task_runs: [...COMMON, ...TASK_RUN_ONLY],
};

export const SHOWN_AT_FIRST: Record<Kind, string[]> = {
  flow_runs: ["state", "run", "origin", "started", "took", "tasks", "message", "tags"],
  task_runs: ["state", "run", "origin", "started", "took", "message", "tags"],
};
