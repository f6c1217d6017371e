import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { page } from "@/api/client";
import type { NamedFlowRun } from "@/api/runs";
import { isTerminal, type Filters } from "@/api/types";
import { duration } from "@/lib/time";
import { Section } from "@/parts/page-head";
import { Failure, Loading } from "@/parts/notice";
import { RunLink, Started, whyOf } from "@/parts/run-cells";
import { StateBadge, StateIcon, stateName } from "@/parts/state";
import { Table, type Column } from "@/parts/table";
import { secondsOf, Took } from "@/parts/when";

const STRIP = 60;

const COLUMNS: Column<NamedFlowRun>[] = [
  { name: "State", cell: (run) => <StateBadge type={run.state_type} name={run.state_name} /> },
  { name: "Run", cell: (run) => <RunLink run={run} /> },
  { name: "Started", cell: (run) => <Started run={run} /> },
  { name: "Took", cell: (run) => <Took run={run} />, right: true },
  { name: "Message", cell: (run) => <span className="text-muted">{whyOf(run)}</span>, wide: true },
];

function median(values: number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle ?? null;
}

/** How the last runs went: a strip of states, what part of them completed, how long half of them took at most. */
function Summary({ runs }: { runs: NamedFlowRun[] }) {
  const ended = runs.filter((run) => isTerminal(run.state_type));
  const completed = ended.filter((run) => run.state_type === "COMPLETED");
  const took = median(completed.map((run) => secondsOf(run, 0)).filter((seconds) => seconds !== null));
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 border-b border-line px-3 py-2 text-sm">
      <span className="flex gap-0.5">
        {[...runs].reverse().map((run) => (
          <Link key={run.id} to={`/runs/flow-run/${run.id}`} title={`${run.name}: ${stateName(run.state_type, run.state_name)}`} aria-label={`${run.name}: ${stateName(run.state_type, run.state_name)}`}>
            <StateIcon type={run.state_type} name={run.state_name} />
          </Link>
        ))}
      </span>
      {ended.length > 0 && (
        <span className="text-muted">
          {Math.round((100 * completed.length) / ended.length)} % of the last {ended.length} completed
        </span>
      )}
      {took !== null && <span className="text-muted">median {duration(took)}</span>}
    </div>
  );
}

/** The newest runs of a flow or a deployment that were to start by now. */
export function LastRuns({ filters }: { filters: Filters }) {
  const { flow_runs, ...others } = filters;
  const started = { ...flow_runs, state: { type: { not_any_: ["SCHEDULED"] } } };
  const body = { ...others, flow_runs: started, sort: "EXPECTED_START_TIME_DESC", limit: STRIP };
  const list = useQuery({
    queryKey: ["list", "ui/flow_runs/filter", body],
    queryFn: ({ signal }) => page<NamedFlowRun>("ui/flow_runs/filter", body, "", signal),
    refetchInterval: 15_000,
  });
  const rows = list.data?.rows ?? [];
  const all = (
    <Link to="/runs" search={{ q: filters, range: "all" } as never} className="link text-sm">
      Show all
    </Link>
  );
  return (
    <Section title="Last runs" actions={all}>
      {list.error ? (
        <Failure error={list.error} />
      ) : list.isPending ? (
        <Loading />
      ) : (
        <>
          {rows.length > 0 && <Summary runs={rows} />}
          <Table label="Last runs" columns={COLUMNS} list={{ ...list, rows: rows.slice(0, 15) }} empty={<p className="p-3 text-sm text-muted">None has started yet.</p>} />
        </>
      )}
    </Section>
  );
}

/** What is to start next. */
export function NextRuns({ filters }: { filters: Filters }) {
  const { flow_runs, ...others } = filters;
  const body = { ...others, flow_runs: { ...flow_runs, state: { type: { any_: ["SCHEDULED"] } } }, sort: "NEXT_SCHEDULED_START_TIME_ASC", limit: 10 };
  const list = useQuery({
    queryKey: ["list", "ui/flow_runs/filter", body],
    queryFn: ({ signal }) => page<NamedFlowRun>("ui/flow_runs/filter", body, "", signal),
    refetchInterval: 15_000,
  });
  return (
    <Section title="Next runs">
      <Table label="Next runs" columns={COLUMNS.slice(0, 3)} list={{ ...list, rows: list.data?.rows ?? [] }} empty={<p className="p-3 text-sm text-muted">None is scheduled.</p>} />
    </Section>
  );
}
