import { useQueryClient, useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { deleteRuns } from "@/api/actions";
import { useArtifacts, useGraph, useStates, useTaskRun } from "@/api/flow-run";
import { useChangedRuns, type NamedTaskRun } from "@/api/runs";
import { isTerminal } from "@/api/types";
import { useKeys, useTitle } from "@/lib/hooks";
import { text, useSearch } from "@/lib/search";
import { Id } from "@/parts/copy";
import { Confirm } from "@/parts/dialog";
import { EventList } from "@/parts/event-list";
import { JsonView } from "@/parts/json-view";
import { LogView } from "@/parts/log-view";
import { Empty, Failure, Loading } from "@/parts/notice";
import { Origin, whyOf } from "@/parts/run-cells";
import { Facts, StateHistory, Tabs, Tags, type Tab } from "@/parts/run-facts";
import { StateBadge } from "@/parts/state";
import { Moment, Took, When } from "@/parts/when";

const ArtifactView = lazy(() => import("@/parts/artifact").then((module) => ({ default: module.ArtifactView })));

const TABS: readonly Tab[] = [
  { id: "logs", name: "Logs" },
  { id: "inputs", name: "Inputs" },
  { id: "artifacts", name: "Artifacts" },
  { id: "details", name: "Details" },
  { id: "states", name: "States" },
  { id: "events", name: "Events" },
  { id: "json", name: "JSON" },
];

interface Input {
  input_type: string;
  id?: string;
  name?: string;
}

/** Where each of its arguments came from. */
function Inputs({ run }: { run: NamedTaskRun }) {
  const graph = useGraph(run.flow_run_id ?? "", "COMPLETED");
  const names = new Map((graph.data?.nodes as unknown as [string, { label: string }][] | undefined)?.map(([id, node]) => [id, node.label]));
  const inputs = Object.entries((run.task_inputs ?? {}) as unknown as Record<string, Input[]>);
  if (!inputs.length) return <Empty title="It has no arguments." />;
  return (
    <table className="grid-table">
      <thead>
        <tr>
          <th>Argument</th>
          <th>Came from</th>
        </tr>
      </thead>
      <tbody>
        {inputs.map(([name, sources]) => (
          <tr key={name}>
            <td className="font-mono text-xs">{name}</td>
            <td>
              {sources.length
                ? sources.map((source, position) =>
                    source.id && source.input_type === "task_run" ? (
                      <Link key={source.id} to={`/runs/task-run/${source.id}`} className="link mr-2">
                        {names.get(source.id) ?? source.id}
                      </Link>
                    ) : (
                      <span key={position} className="mr-2 text-muted">
                        {source.input_type.replace("_", " ")} {source.name ?? ""}
                      </span>
                    ),
                  )
                : <span className="text-muted">a value of its own</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Artifacts({ id }: { id: string }) {
  const { data, error, isPending } = useArtifacts({ task_run_id: { any_: [id] } });
  if (error) return <Failure error={error} />;
  if (isPending) return <Loading />;
  if (!data.length) return <Empty title="It made no artifacts." />;
  return <div className="flex flex-col gap-3 p-3">{data.map((artifact) => <ArtifactView key={artifact.id} artifact={artifact} />)}</div>;
}

function States({ id }: { id: string }) {
  const { data, error } = useStates("task_run", id);
  if (error) return <Failure error={error} />;
  return <div className="max-w-[720px] p-3">{data ? <StateHistory states={data} /> : <Loading />}</div>;
}

function Details({ run }: { run: NamedTaskRun }) {
  return (
    <div className="max-w-[720px] p-3">
      <Facts
        facts={[
          ["Id", <Id key="id" id={run.id} />],
          ["Task", <code key="key" className="font-mono text-xs">{run.task_key}</code>],
          ["Created", <Moment key="created" at={run.created} />],
          ["Due", <Moment key="due" at={run.expected_start_time} />],
          ["Started", <Moment key="started" at={run.start_time} />],
          ["Ended", <Moment key="ended" at={run.end_time} />],
          ["Attempts", run.run_count],
          ["Task version", run.task_version],
          ["Cache key", run.cache_key && <code key="cache" className="font-mono text-xs">{run.cache_key}</code>],
          ["Cached until", run.cache_expiration && <Moment key="expiration" at={run.cache_expiration} />],
          ["Tags", <Tags key="tags" tags={run.tags} />],
        ]}
      />
    </div>
  );
}

function Delete({ run }: { run: NamedTaskRun }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const act = useMutation({
    mutationFn: () => deleteRuns("task_runs", [run.id]),
    onSuccess: () => void navigate({ to: run.flow_run_id ? `/runs/flow-run/${run.flow_run_id}` : "/runs", replace: true }),
  });
  return (
    <>
      <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
        Delete…
      </button>
      {asking && (
        <Confirm title={`Delete ${run.name}?`} action="Delete" danger busy={act.isPending} error={act.error?.message} onConfirm={() => act.mutate()} onClose={() => setAsking(false)}>
          <p>It goes with its states and logs. This cannot be undone.</p>
        </Confirm>
      )}
    </>
  );
}

/** What did this task do, and with what? */
export default function TaskRunPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const [search, setSearch] = useSearch();
  const client = useQueryClient();
  const found = useTaskRun(id);
  const run = found.data;
  const tab = text(search, "tab", "logs", TABS.map((each) => each.id));
  useTitle(run?.name ?? undefined);
  useChangedRuns("task_runs", (ids) => {
    if (!ids.has(id)) return;
    for (const key of ["task-run", "states"]) void client.invalidateQueries({ queryKey: [key] });
  });
  const go = (chosen: string) => setSearch({ tab: chosen === "logs" ? undefined : chosen });
  useKeys({
    j: () => go("json"),
    ...Object.fromEntries(TABS.map((each, position) => [String(position + 1), () => go(each.id)])),
  });

  if (found.error) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Loading rows={8} />;
  if (!run) return <Empty title="There is no task run of this id."><Link to="/runs" search={{ tab: "task-runs" } as never} className="link">All task runs</Link></Empty>;

  const why = whyOf(run);
  const contents: Record<string, () => ReactNode> = {
    logs: () => <LogView of={{ task_run_id: { any_: [id] } }} names={new Map([[id, run.name ?? ""]])} live={!isTerminal(run.state_type)} className="h-full min-h-[320px]" />,
    inputs: () => <Inputs run={run} />,
    artifacts: () => <Artifacts id={id} />,
    details: () => <Details run={run} />,
    states: () => <States id={id} />,
    events: () => <EventList resource={`prefect.task-run.${id}`} />,
    json: () => <JsonView value={run} />,
  };
  return (
    <div className="flex min-h-full flex-col lg:h-full">
      <header className="shrink-0 border-b border-line bg-surface px-4 py-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <StateBadge type={run.state_type} name={run.state_name} className="text-base" />
          <h1 className="min-w-0 truncate">{run.name}</h1>
          <span className="flex min-w-0 text-sm">
            <Origin run={run} />
          </span>
          <span className="ml-auto" />
          <Delete run={run} />
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
          <Tags tags={run.tags} />
        </div>
      </header>
      <Tabs tabs={TABS} chosen={tab} onChoose={go} />
      <div role="tabpanel" id="tab-content" aria-labelledby={`tab-${tab}`} className="flex min-h-[320px] flex-1 flex-col lg:min-h-0 lg:overflow-auto">
        <Suspense fallback={<Loading />}>{contents[tab]?.()}</Suspense>
      </div>
    </div>
  );
}
