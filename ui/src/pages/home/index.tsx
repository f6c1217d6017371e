import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { get, post } from "@/api/client";
import { COUNT_BOUND, useChangedRuns, useHistory, type Kind, type NamedFlowRun } from "@/api/runs";
import type { Filters, Schemas } from "@/api/types";
import { withRange } from "@/lib/filters";
import { bounded, plural } from "@/lib/format";
import { useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { between, bounds, useNow, useZone, type Range } from "@/lib/time";
import { Histogram, summary } from "@/parts/histogram";
import { Icon } from "@/parts/icon";
import { Command, Empty, Failure, Loading } from "@/parts/notice";
import { Origin, RunLink, Started, whyOf } from "@/parts/run-cells";
import { StateBadge } from "@/parts/state";
import { TimeRange } from "@/parts/time-range";
import { Took, When } from "@/parts/when";

type Home = Schemas["Home"];
type Attention = Schemas["Attention"];
type Service = Schemas["ServiceRun"];

const DAY = 86_400_000;

const countOf = ({ count }: Attention) => (count.is_more ? bounded(COUNT_BOUND + 1, COUNT_BOUND) : bounded(count.count, COUNT_BOUND));

interface RunsLink {
  q: Filters;
  range: Range;
  sort?: string;
}

function Runs({ runs, why }: { runs: NamedFlowRun[]; why?: (run: NamedFlowRun) => ReactNode }) {
  return (
    <ul>
      {runs.map((run) => (
        <li key={run.id} className="grid grid-cols-[96px_1fr_auto] items-center gap-x-3 border-t border-line px-3 py-1 text-sm first:border-t-0 sm:grid-cols-[104px_minmax(0,1.1fr)_minmax(0,1.4fr)_auto]">
          <StateBadge type={run.state_type} name={run.state_name} />
          <span className="flex min-w-0 flex-col">
            <RunLink run={run} />
            <span className="flex min-w-0 text-xs">
              <Origin run={run} />
            </span>
          </span>
          <span className="hidden truncate text-muted sm:block" title={run.state?.message ?? undefined}>
            {why ? why(run) : whyOf(run)}
          </span>
          <span className="text-right text-xs whitespace-nowrap text-muted">
            <Started run={run} />
            {run.start_time && (
              <>
                <br />
                <Took run={run} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

interface SectionProps {
  title: string;
  count?: ReactNode;
  to?: RunsLink;
  children: ReactNode;
}

function Section({ title, count, to, children }: SectionProps) {
  return (
    <section className="panel" aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        {count !== undefined && <span className="text-sm text-muted">{count}</span>}
        {to && (
          <Link to="/runs" search={to as never} className="link ml-auto text-sm">
            Show all
          </Link>
        )}
      </header>
      {children}
    </section>
  );
}

const states = (type: string[]): Filters => ({ flow_runs: { state: { type: { any_: type } } } });

/** What needs a person: only what there is of it. */
function NeedsAttention({ home, services, range }: { home: Home; services: Service[]; range: Range }) {
  const late: Filters = { flow_runs: { state: { name: { any_: ["Late"] } } } };
  const parts = [
    home.failed.count.count > 0 && (
      <Section key="failed" title="Failed" count={`${countOf(home.failed)} ended so`} to={{ q: states(["FAILED", "CRASHED"]), range, sort: "END_TIME_DESC" }}>
        <Runs runs={home.failed.runs} />
      </Section>
    ),
    home.late.count.count > 0 && (
      <Section key="late" title="Late" count={`${countOf(home.late)} should have started`} to={{ q: late, range: "all", sort: "EXPECTED_START_TIME_ASC" }}>
        <Runs runs={home.late.runs} why={(run) => (run.work_pool_name ? `no worker of ${run.work_pool_name} took it` : "nobody runs it")} />
      </Section>
    ),
    home.paused.count.count > 0 && (
      <Section key="paused" title="Waiting for somebody" count={countOf(home.paused)} to={{ q: states(["PAUSED"]), range: "all" }}>
        <Runs runs={home.paused.runs} />
      </Section>
    ),
    home.work_pools.length > 0 && (
      <Section key="pools" title="Work pools at rest" count={home.work_pools.length}>
        <ul>
          {home.work_pools.map((pool) => (
            <li key={pool.id} className="flex h-8 items-center gap-3 border-t border-line px-3 text-sm first:border-t-0">
              <Link to={`/work-pools/work-pool/${encodeURIComponent(pool.name)}`} className="truncate font-medium">
                {pool.name}
              </Link>
              <span className="truncate text-muted">{pool.is_paused ? "is paused" : "has no online worker"}</span>
            </li>
          ))}
        </ul>
      </Section>
    ),
    home.limits.length > 0 && (
      <Section key="limits" title="Limits without a free slot" count={home.limits.length}>
        <ul>
          {home.limits.map((limit) => (
            <li key={limit.id} className="flex h-8 items-center gap-3 border-t border-line px-3 text-sm first:border-t-0">
              <Link to={`/concurrency-limits/concurrency-limit/${limit.id}`} className="truncate font-medium">
                {limit.name}
              </Link>
              <span className="text-muted">
                {limit.active_slots} of {limit.limit} taken
              </span>
            </li>
          ))}
        </ul>
      </Section>
    ),
    services.length > 0 && (
      <Section key="services" title="Services behind" count={services.length}>
        <ul>
          {services.map((service) => (
            <li key={service.name} className="flex min-h-8 items-center gap-3 border-t border-line px-3 text-sm first:border-t-0">
              <Link to="/settings" className="whitespace-nowrap font-medium">
                {service.name}
              </Link>
              <span className="truncate text-muted">
                {service.error ?? "has not run since"} <When at={service.started} />
              </span>
            </li>
          ))}
        </ul>
      </Section>
    ),
  ].filter(Boolean);
  if (parts.length) return parts;
  return (
    <div className="panel flex items-center gap-2 px-3 py-3 text-sm text-muted">
      <Icon name="check" className="text-[var(--state-completed)]" />
      Nothing needs you: no run failed in this time, none is late, every work pool has somebody who works, and no service is behind.
    </div>
  );
}

function OverTime({ kind, range, onBrush }: { kind: Kind; range: Range; onBrush: (range: Range) => void }) {
  const inZone = useZone();
  const now = useNow(60);
  const edges = bounds(range, inZone, now);
  const { data, error } = useHistory(kind, withRange({}, kind, edges), edges, 60);
  const name = kind === "flow_runs" ? "Flow runs" : "Task runs";
  return (
    <section className="panel" aria-label={name}>
      <header className="panel-head">
        <h2>{name}</h2>
        <span className="truncate text-sm text-muted">{data && summary(data)}</span>
        <Link to="/runs" search={{ range, tab: kind === "task_runs" ? "task-runs" : undefined } as never} className="link ml-auto text-sm whitespace-nowrap">
          Show all
        </Link>
      </header>
      <div className="p-2">
        {error ? <Failure error={error} /> : data ? <Histogram history={data} height={110} onBrush={(from, until) => onBrush(between(from, until))} /> : <div className="h-[110px]" />}
      </div>
    </section>
  );
}

/** What needs me now? */
export default function HomePage() {
  useTitle("Home");
  const [search, setSearch] = useSearch();
  const client = useQueryClient();
  const inZone = useZone();
  const now = useNow(60);
  const range = text<Range>(search, "range", "24h");
  const since = new Date(bounds(range, inZone, now)?.[0] ?? now - 365 * DAY).toISOString();
  const home = useQuery({
    queryKey: ["home", since],
    queryFn: ({ signal }) => post<Home>("ui/home", { since }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000, // what becomes late makes no event
  });
  const services = useQuery({ queryKey: ["services"], queryFn: ({ signal }) => get<Service[]>("admin/services", signal), refetchInterval: 30_000 });
  const behind = services.data?.filter(({ error, is_behind }) => error || is_behind) ?? [];
  useChangedRuns("flow_runs", () => void client.invalidateQueries({ queryKey: ["home"] }));

  const brush = (chosen: Range) => setSearch({ range: chosen });
  const empty = home.data && home.data.scheduled.count.count + home.data.running.count.count === 0;
  return (
    <div className="mx-auto flex max-w-[1400px] flex-col gap-4 p-4">
      <div className="flex items-center gap-3">
        <h1 className="mr-auto">What needs you now</h1>
        <TimeRange range={range} onChange={brush} />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <OverTime kind="flow_runs" range={range === "all" ? "30d" : range} onBrush={brush} />
        <OverTime kind="task_runs" range={range === "all" ? "30d" : range} onBrush={brush} />
      </div>
      {home.error && <Failure error={home.error} onRetry={() => void home.refetch()} />}
      {home.isPending && <Loading rows={6} />}
      {home.data && (
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <div className="flex min-w-0 flex-col gap-4">
            <NeedsAttention home={home.data} services={behind} range={range} />
          </div>
          <div className="flex min-w-0 flex-col gap-4">
            {home.data.running.count.count > 0 && (
              <Section title="Running" count={countOf(home.data.running)} to={{ q: states(["RUNNING"]), range: "all" }}>
                <Runs runs={home.data.running.runs} why={(run) => run.task_run_count > 0 && plural(run.task_run_count, "task run")} />
              </Section>
            )}
            {home.data.scheduled.count.count > 0 && (
              <Section title="Next" count={countOf(home.data.scheduled)} to={{ q: states(["SCHEDULED"]), range: "all", sort: "NEXT_SCHEDULED_START_TIME_ASC" }}>
                <Runs runs={home.data.scheduled.runs} why={(run) => run.work_pool_name ?? ""} />
              </Section>
            )}
            {empty && (
              <section className="panel">
                <Empty title="Nothing runs, and nothing is scheduled.">
                  <Command>prefect deployment run 'FLOW/DEPLOYMENT'</Command>
                </Empty>
              </section>
            )}
          </div>
        </div>
      )}
    </div>
  );
}
