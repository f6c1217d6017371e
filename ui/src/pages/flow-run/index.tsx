import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, type ReactNode } from "react";
import { API } from "@/api/client";
import { useArtifacts, useFlowRun, useFormerRuns, useGraph, useStates, useWaits, type GraphNode, type Wait } from "@/api/flow-run";
import { useChangedRuns, type NamedFlowRun } from "@/api/runs";
import { isTerminal, type Graph } from "@/api/types";
import { useKeys, useNarrow, useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { useNow } from "@/lib/time";
import { Id } from "@/parts/copy";
import { EventList } from "@/parts/event-list";
import { JsonView } from "@/parts/json-view";
import { LogView } from "@/parts/log-view";
import { Empty, Failure, Loading } from "@/parts/notice";
import { Origin, whyOf } from "@/parts/run-cells";
import { Facts, StateHistory, Tabs, Tags, type Tab } from "@/parts/run-facts";
import { StateBadge } from "@/parts/state";
import { barsOf } from "@/parts/timeline/layout";
import { Timeline } from "@/parts/timeline/timeline";
import { Moment, secondsOf, Took, When } from "@/parts/when";
import { FlowRunActions } from "./actions";
import { Compare } from "./compare";
import { Selected } from "./selected";
import { Waiting } from "./waiting";

const DependencyGraph = lazy(() => import("@/parts/graph"));
const ArtifactView = lazy(() => import("@/parts/artifact").then((module) => ({ default: module.ArtifactView })));

const TABS: readonly Tab[] = [
  { id: "logs", name: "Logs" },
  { id: "graph", name: "Graph" },
  { id: "artifacts", name: "Artifacts" },
  { id: "parameters", name: "Parameters" },
  { id: "states", name: "States" },
  { id: "events", name: "Events" },
  { id: "compare", name: "Compare" },
  { id: "json", name: "JSON" },
];

const NO_NODES: Graph["nodes"] = [];
const NO_WAITS: Wait[] = [];
const LEAST_TO_COMPARE = 3;

/** How long this run takes beside what is usual for its flow. */
function Usual({ run, former }: { run: NamedFlowRun; former: NamedFlowRun[] }) {
  const now = useNow(5);
  const usual = former.flatMap((each) => (each.state_type === "COMPLETED" ? (secondsOf(each, now) ?? []) : [])).sort((one, other) => one - other);
  const seconds = secondsOf(run, now);
  const median = usual[Math.floor(usual.length / 2)];
  if (usual.length < LEAST_TO_COMPARE || !median || !seconds) return null;
  const ratio = seconds / median;
  const words = ratio > 1.15 ? `${ratio.toFixed(1)}x as long as` : ratio < 0.85 ? `${(1 / ratio).toFixed(1)}x faster than` : "as long as";
  return (
    <span className="text-muted">
      {words} the median of its last {usual.length} that completed
    </span>
  );
}

function Header({ run, former }: { run: NamedFlowRun; former: NamedFlowRun[] }) {
  const why = whyOf(run);
  return (
    <header className="shrink-0 border-b border-line bg-surface px-4 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <StateBadge type={run.state_type} name={run.state_name} className="text-base" />
        <h1 className="min-w-0 truncate">{run.name}</h1>
        <span className="flex min-w-0 text-sm">
          <Origin run={run} />
        </span>
        <span className="ml-auto" />
        <FlowRunActions run={run} />
      </div>
      <div className="mt-1 flex flex-wrap items-center gap-x-3 text-sm">
        {why && <span className={run.state_type === "FAILED" || run.state_type === "CRASHED" ? "break-words text-danger" : "break-words text-muted"}>{why}</span>}
        <span className="text-muted">
          {run.start_time ? (
            <>
              took <Took run={run} />, started <When at={run.start_time} />
            </>
          ) : (
            <>
              due <When at={run.expected_start_time} />
            </>
          )}
        </span>
        <Usual run={run} former={former} />
        <Tags tags={run.tags} />
      </div>
      <Waiting id={run.id} stateType={run.state_type} />
    </header>
  );
}

function Parameters({ run }: { run: NamedFlowRun }) {
  const by = run.created_by ? [run.created_by.type?.toLowerCase(), run.created_by.display_value].filter(Boolean).join(" ") : null;
  return (
    <div className="grid gap-4 p-3 lg:grid-cols-2">
      <div className="panel">
        <div className="panel-head">
          <h2>Parameters</h2>
        </div>
        <JsonView value={run.parameters ?? {}} />
      </div>
      <div className="panel p-3">
        <Facts
          facts={[
            ["Id", <Id key="id" id={run.id} />],
            ["Created", <Moment key="created" at={run.created} />],
            ["By", by],
            ["Due", <Moment key="due" at={run.expected_start_time} />],
            ["Started", <Moment key="started" at={run.start_time} />],
            ["Ended", <Moment key="ended" at={run.end_time} />],
            ["Attempts", run.run_count],
            ["Flow version", run.flow_version],
            ["Work pool", run.work_pool_name && <Link to={`/work-pools/work-pool/${encodeURIComponent(run.work_pool_name)}`} className="link">{run.work_pool_name}</Link>],
            ["Work queue", run.work_queue_name],
            ["Infrastructure", run.infrastructure_pid],
            ["Started by task run", run.parent_task_run_id && <Link to={`/runs/task-run/${run.parent_task_run_id}`} className="link">{run.parent_task_run_id}</Link>],
            ["Idempotency key", run.idempotency_key],
          ]}
        />
      </div>
    </div>
  );
}

function Artifacts({ id }: { id: string }) {
  const { data, error, isPending } = useArtifacts({ flow_run_id: { any_: [id] } });
  if (error) return <Failure error={error} />;
  if (isPending) return <Loading />;
  if (!data.length) return <Empty title="It made no artifacts." />;
  return (
    <div className="flex flex-col gap-3 p-3">
      {data.map((artifact) => (
        <ArtifactView
          key={artifact.id}
          artifact={artifact}
          origin={artifact.task_run_id && <Link to={`/runs/task-run/${artifact.task_run_id}`} className="link truncate">by a task</Link>}
        />
      ))}
    </div>
  );
}

function States({ id }: { id: string }) {
  const { data, error } = useStates("flow_run", id);
  if (error) return <Failure error={error} />;
  return <div className="max-w-[720px] p-3">{data ? <StateHistory states={data} /> : <Loading />}</div>;
}

/** What happened in this run, and why? */
export default function FlowRunPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const [search, setSearch] = useSearch();
  const client = useQueryClient();
  const narrow = useNarrow();
  const found = useFlowRun(id);
  const run = found.data;
  const graph = useGraph(id, run?.state_type);
  const waits = useWaits(id, run?.state_type);
  const former = useFormerRuns(run);
  const tab = text(search, "tab", "logs", TABS.map((each) => each.id));
  const selected = text(search, "run", "");
  const zoom = typeof search.zoom === "string" ? (search.zoom.split("..").map(Number) as [number, number]) : null;
  const nodes = (graph.data?.nodes ?? NO_NODES) as unknown as readonly (readonly [string, GraphNode])[];
  const bars = useMemo(() => new Map(barsOf(nodes).map((bar) => [bar.id, bar])), [nodes]);
  const names = useMemo(() => new Map([...bars].map(([key, bar]) => [key, bar.label])), [bars]);
  useTitle(run?.name ?? undefined);

  useChangedRuns("flow_runs", (ids) => {
    if (!ids.has(id)) return;
    for (const key of ["flow-run", "graph", "states", "waits"]) void client.invalidateQueries({ queryKey: [key] });
  });
  const go = (chosen: string) => setSearch({ tab: chosen === "logs" ? undefined : chosen });
  useKeys({
    j: () => go("json"),
    ...Object.fromEntries(TABS.map((each, position) => [String(position + 1), () => go(each.id)])),
  });

  if (found.error) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Loading rows={8} />;
  if (!run) return <Empty title="There is no flow run of this id."><Link to="/runs" className="link">All runs</Link></Empty>;

  const bar = bars.get(selected);
  const select = (chosen: string | null) => setSearch({ run: chosen ?? undefined }, { replace: true });
  const startOf = graph.data?.start_time ?? run.start_time ?? run.expected_start_time;
  const end = run.end_time ? new Date(run.end_time).getTime() : isTerminal(run.state_type) ? new Date(startOf ?? 0).getTime() : null;
  const of = bar?.kind === "task-run" && search.only === true ? { task_run_id: { any_: [bar.id] } } : { flow_run_id: { any_: [id] } };
  const height = Math.min(Math.max(bars.size * 22 + 40, 120), narrow ? 180 : 280);
  const contents: Record<string, () => ReactNode> = {
    logs: () => (
      <>
        {search.only === true && bar && (
          <p className="shrink-0 bg-soft px-3 py-1 text-sm">
            Only of {bar.label}.{" "}
            <button type="button" className="link" onClick={() => setSearch({ only: undefined })}>
              Show all
            </button>
          </p>
        )}
        <LogView of={of} names={names} live={!isTerminal(run.state_type)} download={`${API}flow_runs/${id}/logs/download`} className="h-full min-h-[320px]" />
      </>
    ),
    graph: () => (nodes.length ? <DependencyGraph nodes={nodes} selected={selected || null} onSelect={select} /> : <Empty title="No task of it has run." />),
    artifacts: () => <Artifacts id={id} />,
    parameters: () => <Parameters run={run} />,
    states: () => <States id={id} />,
    events: () => <EventList resource={`prefect.flow-run.${id}`} />,
    compare: () => <Compare run={run} graph={graph.data} former={former.data ?? []} />,
    json: () => <JsonView value={run} />,
  };

  return (
    <div className="flex min-h-full flex-col lg:h-full">
      <Header run={run} former={former.data ?? []} />
      {graph.error && <Failure error={graph.error} />}
      {nodes.length > 0 && startOf && (
        <div className={`grid shrink-0 border-b border-line bg-surface ${bar ? "grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_380px]" : "grid-cols-[minmax(0,1fr)]"}`}>
          <Timeline
            nodes={nodes}
            of={id}
            waits={waits.data ?? NO_WAITS}
            start={new Date(startOf).getTime()}
            end={end}
            selected={selected || null}
            onSelect={select}
            zoom={zoom?.every(Number.isFinite) ? zoom : null}
            onZoom={(window) => setSearch({ zoom: window ? window.map(Math.round).join("..") : undefined })}
            height={height}
          />
          {bar && (
            <div className="flex min-h-0 p-2" style={narrow ? undefined : { height }}>
              <div className="flex min-h-0 min-w-0 flex-1 flex-col">
                <Selected bar={bar} byId={bars} onSelect={select} onLogs={() => setSearch({ tab: undefined, only: true })} />
              </div>
            </div>
          )}
        </div>
      )}
      <Tabs tabs={TABS} chosen={tab} onChoose={go} />
      <div role="tabpanel" id="tab-content" aria-labelledby={`tab-${tab}`} className="flex min-h-[320px] flex-1 flex-col lg:min-h-0 lg:overflow-auto">
        <Suspense fallback={<Loading />}>{contents[tab]?.()}</Suspense>
      </div>
    </div>
  );
}
